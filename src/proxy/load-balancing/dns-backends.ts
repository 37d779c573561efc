// Backends from DNS: every address a name has is one. A lookup that fails, or finds nothing, changes nothing: a name
// server that is down for a minute must not take down what it names.

import type {Clock} from '../../system/clock.js';
import type {Upstream} from '../upstream.js';
import {weightOf} from './backend.js';
import type {BackendSource, SetBackends} from './backend-source.js';
import {backgroundClock, sleepUnlessAborted} from './background-clock.js';
import {createDnsResolve, type ResolveAddresses} from './dns-resolve.js';

export type DnsBackendsOptions = {
  readonly name: string;
  readonly port: number;
  /** The rest of each upstream. With TLS and no server name its certificate must be for `name`. */
  readonly upstream?: Omit<Upstream, 'host' | 'port'>;
  /** Of each address; 1 when left out. */
  readonly weight?: number;
  /** From the end of one lookup to the next, in milliseconds; DNS_INTERVAL_MS when left out. */
  readonly intervalMs?: number;
  readonly resolve?: ResolveAddresses;
  /** Told when lookups begin to fail, and not again before one has succeeded. */
  readonly onProblem?: (problem: string) => void;
  readonly clock?: Clock;
};

/** Envoy's `dns_refresh_rate`. */
export const DNS_INTERVAL_MS = 5_000;

/**
 * Looks a name up now and then, and gives a new list when its addresses are others than before. Throws a RangeError for
 * a bad weight.
 */
export function createDnsBackends(options: DnsBackendsOptions): BackendSource {
  weightOf({...options, upstream: {host: options.name, port: options.port}});
  return {
    start(setBackends) {
      const stop = new AbortController();
      const follow = createFollower(options, setBackends, stop.signal);
      const ready = follow();
      void ready.then(() => repeat(follow, options, stop.signal));
      return {ready, close: () => stop.abort()};
    },
  };
}

/** One lookup and what follows from it; remembers the addresses given last. */
function createFollower(
  options: DnsBackendsOptions,
  setBackends: SetBackends,
  signal: AbortSignal,
): () => Promise<void> {
  const {name, port, weight = 1, resolve = createDnsResolve(), onProblem = () => undefined} = options;
  const rest = withServerName(options);
  let known: readonly string[] = [];
  let isFailing = false;
  return async () => {
    const found = await lookUp(resolve, name, signal);
    if (signal.aborted) return;
    if (found.ok && !isSame(found.addresses, known)) {
      known = found.addresses;
      setBackends(known.map(host => ({upstream: {...rest, host, port}, weight})));
    }
    if (!found.ok && !isFailing) onProblem(found.problem);
    isFailing = !found.ok;
  };
}

async function repeat(
  follow: () => Promise<void>,
  {intervalMs = DNS_INTERVAL_MS, clock = backgroundClock}: DnsBackendsOptions,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await sleepUnlessAborted(clock, intervalMs, signal);
    if (!signal.aborted) await follow();
  }
}

const withServerName = ({name, upstream = {}}: DnsBackendsOptions): Omit<Upstream, 'host' | 'port'> =>
  upstream.tls === undefined ? upstream : {...upstream, tls: {serverName: name, ...upstream.tls}};

type Found =
  | {readonly ok: true; readonly addresses: readonly string[]}
  | {readonly ok: false; readonly problem: string};

/** The addresses sorted and each once, as servers rotate them. Finding none is a failure too. */
async function lookUp(resolve: ResolveAddresses, name: string, signal: AbortSignal): Promise<Found> {
  try {
    const addresses = [...new Set(await resolve(name, signal))].sort();
    return addresses.length > 0 ? {ok: true, addresses} : {ok: false, problem: `${name} has no address`};
  } catch (error) {
    return {ok: false, problem: `${name} could not be looked up: ${(error as Error).message}`};
  }
}

const isSame = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((address, index) => address === b[index]);
