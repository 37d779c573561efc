import {performance} from 'node:perf_hooks';
import {setTimeout as delay} from 'node:timers/promises';
import type {Clock} from '../../system/clock.js';

/**
 * The clock of work that goes on beside the requests: its timers do not keep the process alive, and its time only ever
 * goes forward, as a computer's clock set back by an hour would keep a backend ejected for that hour.
 */
export const backgroundClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  sleep: (ms, signal) => delay(ms, undefined, {ref: false, ...(signal ? {signal} : {})}),
};

/** Waits, but not longer than until the signal aborts. Its caller asks the signal which it was. */
export async function sleepUnlessAborted(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  try {
    await clock.sleep(ms, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
