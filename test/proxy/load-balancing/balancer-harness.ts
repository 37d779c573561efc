import {onTestFinished} from 'vitest';
import type {Backend, BackendChange, BackendSpec} from '../../../src/proxy/load-balancing/backend.js';
import {createLoadBalancer, type LoadBalancerOptions} from '../../../src/proxy/load-balancing/load-balancer.js';
import {createRandom} from '../../helpers/random.js';
import {createFakeClock} from './fake-clock.js';

/** Backends on 127.0.0.1, ports 1, 2, 3 ... with these weights. */
export const specsOf = (...weights: readonly number[]): BackendSpec[] =>
  weights.map((weight, index) => ({upstream: {host: '127.0.0.1', port: index + 1}, weight}));

export const addressOf = (port: number): string => `127.0.0.1:${port}`;

/** Numbers from 0 up to 1 that are the same for the same seed. */
export function seededRandom(seed: number): () => number {
  const {below} = createRandom(seed);
  return () => below(2 ** 31) / 2 ** 31;
}

/** A balancer whose time the test moves, with what its observer was told. */
export function createTestBalancer(options: LoadBalancerOptions = {}) {
  const clock = createFakeClock();
  const changes: BackendChange[] = [];
  const balancer = createLoadBalancer({
    backends: specsOf(1, 1),
    clock,
    random: seededRandom(1),
    onChange: change => changes.push(change),
    ...options,
  });
  onTestFinished(() => balancer.close());
  const states = (): string[] => balancer.backends.map(({state}) => state);
  const flips = (): string[] => changes.map(({address, previous, state}) => `${address} ${previous} -> ${state}`);
  const get = (port: number): Backend => findBackend(balancer.pick, addressOf(port));
  return {balancer, clock, changes, states, flips, get};
}

/** The backend object of an address, as picking gives it when all others have been tried. */
function findBackend(
  pick: (key?: string, tried?: readonly Backend[]) => Backend | undefined,
  address: string,
): Backend {
  const tried: Backend[] = [];
  for (let backend = pick(undefined, tried); backend; backend = pick(undefined, tried)) {
    if (backend.address === address) return backend;
    tried.push(backend);
  }
  throw new Error(`${address} cannot be picked`);
}

/** Picks without a request ever lasting, and counts who was picked. */
export function countPicks(
  pick: (key?: string) => Backend | undefined,
  times: number,
  keyOf: (index: number) => string | undefined = () => undefined,
): Map<string, number> {
  const counts = new Map<string, number>();
  for (let index = 0; index < times; index++) {
    const address = pick(keyOf(index))?.address ?? 'none';
    counts.set(address, (counts.get(address) ?? 0) + 1);
  }
  return counts;
}
