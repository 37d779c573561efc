// Waiting for what comes by itself, on a machine that may be busy with something else.

import {setTimeout as delay} from 'node:timers/promises';

/** So long nothing may move: a guard against hanging, no measure. */
const STUCK_MS = 20_000;

export type EventuallyOptions = {
  /** Milliseconds between two looks. */
  readonly everyMs?: number;
  /** What changes as long as it goes on; what the check says when it throws, if not given. */
  readonly progress?: (() => unknown) | undefined;
};

/**
 * Runs the check again and again until it throws no more. Rejects with what it threw last when nothing has moved for long.
 * Looks are counted, not time: where this process hardly runs because others do, it waits for longer.
 */
export async function eventually<T>(
  check: () => T | Promise<T>,
  {everyMs = 20, progress}: EventuallyOptions = {},
): Promise<T> {
  let seen: unknown;
  let idleLooks = 0;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      const now = progress === undefined ? String(error) : progress();
      idleLooks = now === seen ? idleLooks + 1 : 0;
      seen = now;
      if (idleLooks * everyMs > STUCK_MS) throw error;
    }
    await delay(everyMs);
  }
}
