import type {Clock} from '../../system/clock.js';

export type Successor = {readonly ready: Promise<void>; close(): Promise<void>};

export type Succession = {
  /** Opens the next one; the one before is closed when that is ready. Asked several times meanwhile, it does so once. */
  replace(): void;
  /** Resolves when the newest is ready. */
  settled(): Promise<void>;
  /** Idempotent; nothing is opened any more. */
  close(): Promise<void>;
};

/** What the one before still has to tell when the next is ready: the library holds removals back for 100 ms. */
const OVERLAP_MS = 500;

/** One after the other, both at work for a while, so that nothing is missed in between. */
export function createSuccession<T extends Successor>(open: () => T, clock: Clock): Succession {
  const closing = new AbortController();
  let current: T | undefined;
  let next: T | undefined;
  let working: Promise<void> | undefined;
  let isAsked = false;

  const work = async (): Promise<void> => {
    while (isAsked && !closing.signal.aborted) {
      isAsked = false;
      next = open();
      await next.ready;
      await leave(current);
      current = next;
    }
  };
  const leave = async (previous: T | undefined): Promise<void> => {
    if (previous) await clock.sleep(OVERLAP_MS, closing.signal).catch(() => undefined);
    await previous?.close();
  };
  const replace = (): void => {
    isAsked = true;
    if (!closing.signal.aborted) working ??= work().finally(() => (working = undefined));
  };
  const settled = async (): Promise<void> => {
    while (working) await working;
  };
  return {
    replace,
    settled,
    async close() {
      closing.abort();
      await Promise.all([current?.close(), next?.close()]);
      await settled();
    },
  };
}
