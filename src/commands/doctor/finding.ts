import {type FindingId, REASONS} from './reasons.js';

export type Finding = {
  /** What was looked at, as docs/doctor.md lists them. Several may have the same: one for each store, say. */
  readonly id: FindingId;
  /** `warning`: it works, or would once it is set up. `error`: it is broken. */
  readonly severity: 'ok' | 'warning' | 'error';
  readonly observed: string;
  readonly why: string;
  /** What to do about it, a command or a sentence; null when nothing is to be done. */
  readonly fix: string | null;
};

export const fine = (id: FindingId, observed: string): Finding => finding(id, 'ok', observed, null);

export const warning = (id: FindingId, observed: string, fix: string | null): Finding =>
  finding(id, 'warning', observed, fix);

export const broken = (id: FindingId, observed: string, fix: string | null): Finding =>
  finding(id, 'error', observed, fix);

/** Where what is wrong was set up before, it is broken; where it was not, it is only missing. */
export const missing = (id: FindingId, observed: string, fix: string, isSetUp: boolean): Finding =>
  isSetUp ? broken(id, observed, fix) : warning(id, observed, fix);

const finding = (id: FindingId, severity: Finding['severity'], observed: string, fix: string | null): Finding => ({
  id,
  severity,
  observed,
  why: REASONS[id],
  fix,
});
