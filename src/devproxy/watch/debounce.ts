import type {Clock} from '../../system/clock.js';

export type DebounceOptions = {
  /** How long nothing may have happened before `run` is called. */
  readonly quietMs: number;
  /** How long after the first trigger it is called whatever happens. */
  readonly maxWaitMs: number;
  readonly clock: Clock;
  run(): void | Promise<void>;
};

export type Debounce = {
  trigger(): void;
  /** Nothing runs any more once this has resolved. */
  close(): Promise<void>;
};

/** Gathers triggers into one run, never two at a time; a trigger during a run leads to another. */
export function createDebounce({quietMs, maxWaitMs, clock, run}: DebounceOptions): Debounce {
  const closing = new AbortController();
  let lastTriggerAt = 0;
  let isPending = false;
  let working: Promise<void> | undefined;

  const waitForQuiet = async (): Promise<void> => {
    const deadline = clock.now() + maxWaitMs;
    for (;;) {
      const waitMs = Math.min(lastTriggerAt + quietMs, deadline) - clock.now();
      if (waitMs <= 0) return;
      await clock.sleep(waitMs, closing.signal).catch(() => undefined);
      if (closing.signal.aborted) return;
    }
  };

  const work = async (): Promise<void> => {
    while (isPending && !closing.signal.aborted) {
      await waitForQuiet();
      isPending = false;
      if (!closing.signal.aborted) await run();
    }
  };

  return {
    trigger() {
      lastTriggerAt = clock.now();
      isPending = true;
      working ??= work().finally(() => (working = undefined));
    },
    async close() {
      closing.abort();
      await working;
    },
  };
}
