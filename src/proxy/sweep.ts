import type {Clock} from '../system/clock.js';

/** Something whose deadlines are looked at once in a while. */
export type Swept = {
  /** Called about once a second with the time in milliseconds. */
  sweep(now: number): void;
};

/**
 * One timer for all connections: setting a deadline is writing down a number, and a connection costs no timer of its own.
 * `now` is the time of the last sweep, for the same price.
 */
export type Sweep = {
  readonly now: number;
  /** A deadline that is not reached before so many milliseconds have passed. */
  after(ms: number): number;
  add(swept: Swept): void;
  delete(swept: Swept): void;
  close(): void;
};

/** Timeouts are counted in seconds; none needs to be finer. */
export const SWEEP_INTERVAL_MS = 1_000;

export function createSweep(clock: Pick<Clock, 'now'>, intervalMs = SWEEP_INTERVAL_MS): Sweep {
  const all = new Set<Swept>();
  const sweep = {
    now: clock.now(),
    // `now` may be old by one interval.
    after: (ms: number) => sweep.now + intervalMs + ms,
    add: (swept: Swept) => void all.add(swept),
    delete: (swept: Swept) => void all.delete(swept),
    close: () => clearInterval(timer),
  };
  const timer = setInterval(() => {
    sweep.now = clock.now();
    for (const swept of all) swept.sweep(sweep.now);
  }, intervalMs);
  timer.unref();
  return sweep;
}
