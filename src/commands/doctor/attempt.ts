import {TakoError} from '../../system/error.js';
import {broken, type Finding, warning} from './finding.js';
import type {FindingId} from './reasons.js';

export type Check = () => Promise<readonly Finding[]> | readonly Finding[];

/** What looks at files only; what runs programs has deadlines of its own, below this. */
const DEADLINE_MS = 6_000;

/** Makes a check; one that cannot be made, or takes too long, is a finding too. */
export async function attempt(id: FindingId, check: Check, deadlineMs = DEADLINE_MS): Promise<readonly Finding[]> {
  try {
    return await within(deadlineMs, check, () => [
      warning(
        id,
        `it could not be looked at within ${deadlineMs / 1_000} s`,
        'run "tako doctor" again when the machine is less busy',
      ),
    ]);
  } catch (error) {
    return [describeError(id, error)];
  }
}

function describeError(id: FindingId, error: unknown): Finding {
  const observed = error instanceof Error ? error.message : String(error);
  if (!(error instanceof TakoError))
    return broken(id, observed, 'see what the message names; docs/doctor.md says what is looked at here');
  return broken(id, [observed, ...error.details].join('\n'), error.hint ?? null);
}

async function within<T>(deadlineMs: number, work: () => T | Promise<T>, otherwise: () => T): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<T>(resolve => {
    timer = setTimeout(() => resolve(otherwise()), deadlineMs);
  });
  try {
    return await Promise.race([work(), over]);
  } finally {
    clearTimeout(timer);
  }
}
