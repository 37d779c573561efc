// Spreads requests over backends. Choosing is synchronous and looks only at plain fields of the backends in one array,
// which is replaced as a whole when the list changes.
//
// Requests go to backends that are healthy and not ejected; to ejected ones when nothing else is left (all others tried
// or unhealthy); to unhealthy ones never, so that the caller can answer 503 at once. There is no timer for ejections and
// slow starts: the moment of the next change is known, and the first request or look after it applies it.

import type {Clock} from '../../system/clock.js';
import type {Select} from './algorithms/algorithm.js';
import {ALGORITHMS, type AlgorithmName, DEFAULT_ALGORITHM} from './algorithms/algorithms.js';
import type {Backend, BackendChange, BackendSpec, BackendStatus} from './backend.js';
import {backgroundClock} from './background-clock.js';
import {type ConditionSettings, checked, reported, told} from './condition.js';
import {DEFAULT_EJECTION, type EjectionSettings, mayEjectAnother, type Outcome} from './ejection.js';
import {DEFAULT_HEALTH_THRESHOLDS, type Health} from './health.js';
import {createHealthChecks, DEFAULT_HEALTH_CHECK, type HealthCheckOptions} from './health-checks.js';
import {Lease, type LiveBackend} from './live-backend.js';
import {Members} from './members.js';
import type {ProbeResult} from './probe.js';

export type LoadBalancerOptions = {
  /** None when left out; see `setBackends`. */
  readonly backends?: readonly BackendSpec[];
  /** DEFAULT_ALGORITHM when left out. */
  readonly algorithm?: AlgorithmName;
  /** What a backend is until checks or `setHealth` say otherwise; healthy when left out. */
  readonly initialHealth?: Health['state'];
  /** Without it no checks are made. Its numbers default to DEFAULT_HEALTH_CHECK and DEFAULT_HEALTH_THRESHOLDS. */
  readonly healthCheck?: HealthCheckOptions;
  /** Ejection by reported failures; its numbers default to DEFAULT_EJECTION. */
  readonly passive?: Partial<EjectionSettings> | 'off';
  /** How long a backend that joins or comes back takes to its full weight, in milliseconds; 0, for none, when left out. */
  readonly slowStartMs?: number;
  /** Told after each change of a state, from within whatever caused or noticed it; must not throw. */
  readonly onChange?: (change: BackendChange) => void;
  readonly clock?: Clock;
  /** From 0 up to, not including, 1. */
  readonly random?: () => number;
};

export type LoadBalancer = {
  /**
   * Chooses the backend for a request, or undefined when there is none to use. `key` is what a sticky algorithm holds on
   * to; `tried` are those that this request is not to be sent to again. Nothing is counted before `acquire`.
   */
  pick(key?: string, tried?: readonly Backend[]): Backend | undefined;
  /** Counts a request or tunnel as in flight until the lease is released. The backend may have left the list since. */
  acquire(backend: Backend): Lease;
  /** How a request ended. What counts as a failure is the caller's choice: no connection, no answer, a status. */
  report(backend: Backend, outcome: Outcome): void;
  /**
   * Replaces the list. A backend whose address stays keeps its state and its requests in flight, with the new weight and
   * upstream; of several with the same address the first counts. Throws a RangeError for a bad weight, changing nothing.
   */
  setBackends(backends: readonly BackendSpec[]): void;
  /** Sets a backend's health as somebody else found it, past all thresholds. An address not in the list is ignored. */
  setHealth(address: string, isHealthy: boolean): void;
  /** Every backend as it is now, in the order of the list. */
  readonly backends: readonly BackendStatus[];
  /** Stops the checks. Requests may still be picked for, released and reported. */
  close(): void;
};

const NONE_TRIED: readonly Backend[] = [];

/** Builds a balancer, and begins with the health checks if there are to be any. */
export function createLoadBalancer(options: LoadBalancerOptions = {}): LoadBalancer {
  const {algorithm = DEFAULT_ALGORITHM, clock = backgroundClock, random = Math.random, healthCheck} = options;
  const {initialHealth = 'healthy', onChange = () => undefined} = options;
  const settings = settingsOf(options);
  const members = new Members({initialHealth, settings, clock, onChange});
  const checks = healthCheck && createHealthChecks({...DEFAULT_HEALTH_CHECK, ...healthCheck, clock, random, onResult});
  let select: Select = () => undefined;

  function pick(key?: string, tried: readonly Backend[] = NONE_TRIED): Backend | undefined {
    if (members.nextChangeAt !== Number.POSITIVE_INFINITY) members.settle();
    const available = members.hasAvailable ? select('available', tried, key) : undefined;
    if (available !== undefined || !members.hasEjected) return available;
    return select('ejected', tried, key);
  }

  function report(backend: Backend, outcome: Outcome): void {
    const live = backend as LiveBackend;
    // Nearly every request ends here.
    if (settings.ejection === 'off' || (outcome === 'success' && hasNoFailures(live))) return;
    if (!members.list.includes(live)) return;
    members.settle();
    const mayEject = mayEjectAnother(members.countEjected(), members.list.length, settings.ejection);
    members.enter(live, reported(live.condition, outcome, {now: clock.now(), mayEject}, settings));
  }

  function onResult(backend: LiveBackend, result: ProbeResult): void {
    backend.problem = result.ok ? undefined : result.problem;
    members.enter(backend, checked(backend.condition, result.ok, clock.now(), settings));
  }

  function setBackends(specs: readonly BackendSpec[]): void {
    members.replace(specs);
    select = ALGORITHMS[algorithm].prepare(members.list, random);
    checks?.watch(members.list);
  }

  function setHealth(address: string, isHealthy: boolean): void {
    const backend = members.find(address);
    if (backend) members.enter(backend, told(backend.condition, isHealthy, clock.now()));
  }

  setBackends(options.backends ?? []);
  return {
    pick,
    acquire: backend => new Lease(backend as LiveBackend),
    report,
    setBackends,
    setHealth,
    get backends() {
      members.settle();
      return members.list.map(backend => backend.status());
    },
    close: () => checks?.close(),
  };
}

function settingsOf({healthCheck, passive = {}, slowStartMs = 0}: LoadBalancerOptions): ConditionSettings {
  const {rise, fall} = {...DEFAULT_HEALTH_THRESHOLDS, ...healthCheck};
  const ejection = passive === 'off' ? passive : {...DEFAULT_EJECTION, ...passive};
  return {thresholds: {rise, fall}, ejection, slowStartMs};
}

function hasNoFailures({condition: {standing}}: LiveBackend): boolean {
  return standing.state === 'admitted' && standing.failures === 0;
}
