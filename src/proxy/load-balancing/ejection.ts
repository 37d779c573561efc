// Passive ejection: what the requests themselves tell about a backend, modelled on Envoy's outlier detection
// (envoyproxy.io, architecture overview, "Outlier detection": consecutive 5xx).
//
// So many failures in a row put a backend aside for a while. Each further ejection lasts longer, by the base time, up to
// a limit; each base time that passes without one makes the next shorter again. Never more than a share of all backends
// is put aside, as a fault they have in common would otherwise leave none.

export type EjectionSettings = {
  /** Failures in a row after which a backend is ejected. */
  readonly consecutiveFailures: number;
  /** How long the first ejection lasts, in milliseconds; the second lasts twice as long, and so on. */
  readonly baseEjectionMs: number;
  /** No ejection lasts longer, in milliseconds. */
  readonly maxEjectionMs: number;
  /** The share of all backends that may be ejected at once, rounded down: 0.5 never ejects the only backend. */
  readonly maxEjectedShare: number;
};

/**
 * Failures and longest time are Envoy's. It ejects for 30 s at first and at most a tenth of the backends (but always
 * one); both are made for large clusters, where a tenth is many.
 */
export const DEFAULT_EJECTION: EjectionSettings = {
  consecutiveFailures: 5,
  baseEjectionMs: 10_000,
  maxEjectionMs: 300_000,
  maxEjectedShare: 0.5,
};

/** Times are in milliseconds, as the clock gives them. `ejections` is how many base times the last ejection was worth. */
export type Standing =
  | {readonly state: 'admitted'; readonly failures: number; readonly ejections: number; readonly since: number}
  | {readonly state: 'ejected'; readonly ejections: number; readonly until: number};

/** Nothing is known against the backend. */
export const CLEAN: Standing = {state: 'admitted', failures: 0, ejections: 0, since: 0};

/** What the end of a request says about its backend. */
export type Outcome = 'success' | 'failure';

/** What the balancer knows when a request is reported. */
export type ReportContext = {readonly now: number; readonly mayEject: boolean};

/** A request that was sent before the ejection says nothing new, so an ejected backend stays as it is. */
export function afterReport(
  standing: Standing,
  outcome: Outcome,
  {now, mayEject}: ReportContext,
  settings: EjectionSettings,
): Standing {
  if (standing.state === 'ejected') return standing;
  if (outcome === 'success') return standing.failures === 0 ? standing : {...standing, failures: 0};
  const failures = standing.failures + 1;
  if (failures < settings.consecutiveFailures || !mayEject) return {...standing, failures};
  const ejections = remembered(standing.ejections, now - standing.since, settings) + 1;
  return {state: 'ejected', ejections, until: now + ejectionMs(ejections, settings)};
}

/** Ends an ejection whose time has come. */
export function afterEjection(standing: Standing, now: number): Standing {
  if (standing.state === 'admitted' || now < standing.until) return standing;
  return {state: 'admitted', failures: 0, ejections: standing.ejections, since: standing.until};
}

/** Whether one more backend may be put aside. */
export function mayEjectAnother(ejected: number, total: number, {maxEjectedShare}: EjectionSettings): boolean {
  return ejected + 1 <= Math.floor(total * maxEjectedShare);
}

/** Counted no further than the limit is reached, so that what is to be forgotten has an end too. */
const remembered = (ejections: number, admittedMs: number, {baseEjectionMs, maxEjectionMs}: EjectionSettings): number =>
  Math.max(0, Math.min(ejections, Math.ceil(maxEjectionMs / baseEjectionMs)) - Math.floor(admittedMs / baseEjectionMs));

const ejectionMs = (ejections: number, {baseEjectionMs, maxEjectionMs}: EjectionSettings): number =>
  Math.min(ejections * baseEjectionMs, maxEjectionMs);
