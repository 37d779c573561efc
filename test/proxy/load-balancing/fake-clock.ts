import {setImmediate as turn} from 'node:timers/promises';
import type {Clock} from '../../../src/system/clock.js';

export type FakeClock = Clock & {
  /** Lets time pass, ending each sleep at its own moment and letting what waited for it run. */
  advance(ms: number): Promise<void>;
  /** How many sleeps have neither ended nor been aborted. */
  readonly sleeping: number;
};

type Sleep = {readonly until: number; wake(): void};

/** Time that stands still unless it is told to pass. */
export function createFakeClock(start = 1_000_000): FakeClock {
  const sleeps = new Set<Sleep>();
  let now = start;
  const nextUntil = (end: number): Sleep | undefined =>
    [...sleeps].filter(({until}) => until <= end).sort((a, b) => a.until - b.until)[0];
  return {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const sleep = {until: now + ms, wake: resolve};
        signal?.throwIfAborted();
        sleeps.add(sleep);
        signal?.addEventListener(
          'abort',
          () => {
            sleeps.delete(sleep);
            reject(signal.reason);
          },
          {once: true},
        );
      }),
    async advance(ms) {
      const end = now + ms;
      await turn();
      for (let sleep = nextUntil(end); sleep; sleep = nextUntil(end)) {
        now = sleep.until;
        sleeps.delete(sleep);
        sleep.wake();
        await turn();
      }
      now = end;
      await turn();
    },
    get sleeping() {
      return sleeps.size;
    },
  };
}
