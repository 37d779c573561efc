// Whether an instance does its work: asked until it says yes, or its time is over.

import type {HealthCheck, HealthTimings} from '../../config/health.js';
import {createHttpProbe} from '../../proxy/load-balancing/http-probe.js';
import type {Probe, ProbeResult} from '../../proxy/load-balancing/probe.js';
import {tcpProbe} from '../../proxy/load-balancing/tcp-probe.js';
import type {Upstream} from '../../proxy/upstream.js';
import type {Clock} from '../../system/clock.js';
import {createStatusProbe} from './status-probe.js';

export type HealthOptions = {
  readonly check: HealthCheck;
  /** The host its first route is for. */
  readonly host: string;
  readonly app: string;
  readonly token: string;
};

/** The probe of a release's health check. */
export function createProbe({check, host, app, token}: HealthOptions): Probe {
  if (check.type === 'tcp') return tcpProbe;
  return check.type === 'http' ? createHttpProbe({path: check.path, host}) : createStatusProbe({app, token});
}

export type HealthWorld = {readonly probe: Probe; readonly clock: Clock; readonly signal: AbortSignal};

const NO_ANSWER = 'did not answer in time';

/** Asks until the answer is yes. Undefined then; what the last answer lacked when the window leaves no time for another. */
export async function awaitHealthy(
  upstream: Upstream,
  {intervalMs, timeoutMs, windowMs}: HealthTimings,
  {probe, clock, signal}: HealthWorld,
): Promise<string | undefined> {
  const end = clock.now() + windowMs;
  let problem: string | undefined;
  for (;;) {
    const limitMs = Math.min(timeoutMs, Math.max(end - clock.now(), intervalMs));
    const result = await probeOnce(probe, upstream, limitMs, signal);
    if (result.ok) return undefined;
    // One that the end of the window cut short says less than the one before it.
    if (problem === undefined || limitMs === timeoutMs || result.problem !== NO_ANSWER) problem = result.problem;
    if (clock.now() + intervalMs >= end) return problem;
    await clock.sleep(intervalMs, signal);
  }
}

/** Asks once. Rejects when the signal aborts. */
export async function probeOnce(
  probe: Probe,
  upstream: Upstream,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<ProbeResult> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const result = await probe(upstream, AbortSignal.any([signal, timeout]));
  signal.throwIfAborted();
  return timeout.aborted && !result.ok ? {ok: false, problem: NO_ANSWER} : result;
}
