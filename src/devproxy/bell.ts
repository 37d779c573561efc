/** Wakes whoever waits. A ring while nobody waits is kept, so that no change is missed. */
export type Bell = {
  ring(): void;
  /** Resolves at the next ring, or at once if it rang since the last wait, or when the signal aborts. */
  wait(signal: AbortSignal): Promise<void>;
};

export function createBell(): Bell {
  let hasRung = false;
  let wake = (): void => undefined;
  return {
    ring() {
      hasRung = true;
      wake();
    },
    async wait(signal) {
      if (!hasRung && !signal.aborted) await nextWake(signal, resolve => (wake = resolve));
      hasRung = false;
    },
  };
}

function nextWake(signal: AbortSignal, onWait: (resolve: () => void) => void): Promise<void> {
  return new Promise(resolve => {
    const settle = (): void => {
      signal.removeEventListener('abort', settle);
      resolve();
    };
    signal.addEventListener('abort', settle, {once: true});
    onWait(settle);
  });
}
