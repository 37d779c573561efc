// Active health checks: every backend is probed at once when it joins, and again and again until it leaves. What the
// results mean is decided elsewhere (health.ts).

import type {Clock} from '../../system/clock.js';
import type {Upstream} from '../upstream.js';
import {sleepUnlessAborted} from './background-clock.js';
import type {HealthThresholds} from './health.js';
import {describeFailure, type Probe, type ProbeResult} from './probe.js';

export type HealthCheckOptions = Partial<HealthCheckTimes> &
  Partial<HealthThresholds> & {
    /** How to ask: `tcpProbe`, `createHttpProbe(...)` or one's own. */
    readonly probe: Probe;
  };

export type HealthCheckTimes = {
  /** From the end of one check of a backend to the beginning of the next, in milliseconds. */
  readonly intervalMs: number;
  /** A check that takes longer has failed, in milliseconds. */
  readonly timeoutMs: number;
  /** By how much of itself each interval is made longer or shorter at random, from 0 to 1. */
  readonly jitter: number;
};

/**
 * The interval is HAProxy's `inter`, the timeout what Pingora gives connecting and reading each. The jitter keeps checks
 * of many backends, and by many proxies, from falling together.
 */
export const DEFAULT_HEALTH_CHECK: HealthCheckTimes = {intervalMs: 2_000, timeoutMs: 1_000, jitter: 0.2};

export type HealthChecks<Watched> = {
  /** Checks these from now on: new ones at once, those no longer named not again. */
  watch(backends: readonly Watched[]): void;
  /** Stops everything; a check under way is cut and its result not reported. */
  close(): void;
};

export type HealthCheckSetup<Watched> = HealthCheckTimes & {
  readonly probe: Probe;
  readonly clock: Clock;
  readonly random: () => number;
  readonly onResult: (backend: Watched, result: ProbeResult) => void;
};

/** Checks nothing until it is told what to watch. */
export function createHealthChecks<Watched extends {readonly upstream: Upstream}>(
  setup: HealthCheckSetup<Watched>,
): HealthChecks<Watched> {
  const running = new Map<Watched, AbortController>();
  let isClosed = false;

  function begin(backend: Watched): void {
    const stop = new AbortController();
    running.set(backend, stop);
    void checkUntilStopped(backend, stop.signal, setup);
  }

  function end(backend: Watched, stop: AbortController): void {
    running.delete(backend);
    stop.abort();
  }

  return {
    watch(backends) {
      if (isClosed) return;
      const wanted = new Set(backends);
      for (const [backend, stop] of running) if (!wanted.has(backend)) end(backend, stop);
      for (const backend of wanted) if (!running.has(backend)) begin(backend);
    },
    close() {
      isClosed = true;
      for (const [backend, stop] of running) end(backend, stop);
    },
  };
}

async function checkUntilStopped<Watched extends {readonly upstream: Upstream}>(
  backend: Watched,
  signal: AbortSignal,
  setup: HealthCheckSetup<Watched>,
): Promise<void> {
  while (!signal.aborted) {
    const result = await checkOnce(backend.upstream, signal, setup);
    if (signal.aborted) return;
    setup.onResult(backend, result);
    await sleepUnlessAborted(setup.clock, jittered(setup), signal);
  }
}

type CheckOnce = Pick<HealthCheckSetup<never>, 'probe' | 'clock' | 'timeoutMs'>;

/** Never rejects. Whatever ends first decides, and the rest is cut. */
async function checkOnce(
  upstream: Upstream,
  signal: AbortSignal,
  {probe, clock, timeoutMs}: CheckOnce,
): Promise<ProbeResult> {
  const over = new AbortController();
  const cut = (): void => over.abort();
  signal.addEventListener('abort', cut, {once: true});
  try {
    const answer = probe(upstream, over.signal);
    return await Promise.race([answer, clock.sleep(timeoutMs, over.signal).then(() => timedOut(timeoutMs))]);
  } catch (error) {
    return {ok: false, problem: describeFailure(error)};
  } finally {
    signal.removeEventListener('abort', cut);
    over.abort();
  }
}

const timedOut = (timeoutMs: number): ProbeResult => ({ok: false, problem: `no answer within ${timeoutMs} ms`});

const jittered = ({intervalMs, jitter, random}: HealthCheckSetup<never>): number =>
  intervalMs * (1 + jitter * (2 * random() - 1));
