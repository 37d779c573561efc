// Whether an instance does its work: asked until it says yes, or its time is over.

import {createHttpProbe} from '../../proxy/load-balancing/http-probe.js';
import type {Probe, ProbeResult} from '../../proxy/load-balancing/probe.js';
import {tcpProbe} from '../../proxy/load-balancing/tcp-probe.js';
import type {Upstream} from '../../proxy/upstream.js';
import type {Clock} from '../../system/clock.js';
import type {HealthCheck} from '../releases/manifest.js';
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

/** Between two questions, as the kernel's own retry of a connection would be too seldom. */
const PROBE_INTERVAL_MS = 250;
/** For one answer. */
const PROBE_TIMEOUT_MS = 5_000;

/** Asks until the answer is yes. Undefined then; what the last answer lacked when `timeoutMs` is over. */
export async function awaitHealthy(
  upstream: Upstream,
  {
    probe,
    timeoutMs,
    clock,
    signal,
  }: {readonly probe: Probe; readonly timeoutMs: number; readonly clock: Clock; readonly signal: AbortSignal},
): Promise<string | undefined> {
  const deadline = clock.now() + timeoutMs;
  for (;;) {
    const result = await probeOnce(probe, upstream, signal);
    if (result.ok) return undefined;
    if (clock.now() >= deadline) return result.problem;
    await clock.sleep(PROBE_INTERVAL_MS, signal);
  }
}

/** Asks once. */
export const probeOnce = (probe: Probe, upstream: Upstream, signal: AbortSignal): Promise<ProbeResult> =>
  probe(upstream, AbortSignal.any([signal, AbortSignal.timeout(PROBE_TIMEOUT_MS)]));
