// When what failed is tried again.

const MINUTE_MS = 60_000;
/** Let's Encrypt allows five failed validations of a name in an hour: four are asked for in the first. */
const FIRST_MS = 5 * MINUTE_MS;
const FACTOR = 2;
/** What was wrong is put right by people: they should not have to wait longer than for a night. */
const LONGEST_MS = 12 * 60 * MINUTE_MS;
/** Of the pause, more or less. */
const JITTER = 0.1;

export type Failure = {
  /** In a row, this one included. */
  readonly failures: number;
  /** Not before that, says the CA; milliseconds since the epoch. */
  readonly retryAfter: number | undefined;
};

/** Milliseconds since the epoch; `random` is a number from 0 up to 1. */
export function retryTime(now: number, {failures, retryAfter}: Failure, random: number): number {
  const pause = Math.min(FIRST_MS * FACTOR ** (failures - 1), LONGEST_MS);
  return Math.max(retryAfter ?? 0, now + pause * (1 + JITTER * (2 * random - 1)));
}

/**
 * What a Retry-After field says, in milliseconds since the epoch: seconds, or a date (RFC 9110, section 10.2.3). Undefined
 * where it says neither.
 */
export function parseRetryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d{1,9}$/.test(value)) return now + Number(value) * 1_000;
  const date = Date.parse(value);
  return Number.isNaN(date) || !/^[A-Z][a-z]{2}, /.test(value) ? undefined : date;
}
