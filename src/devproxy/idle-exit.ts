export type IdleExit = {
  /** Looks whether the daemon is needed still; to be called when that may have changed. */
  check(): void;
  close(): void;
};

/** Long enough for the next command of a script, short enough that nothing lingers. */
const DELAY_MS = 2_000;
/** The first client has to start up before it connects. */
const FIRST_DELAY_MS = 15_000;

/** Calls `exit` once nothing has needed the daemon for a while. */
export function createIdleExit(isIdle: () => boolean, exit: () => unknown): IdleExit {
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;
  const arm = (delayMs: number): void => {
    clearTimeout(timer);
    if (isClosed) return;
    timer = setTimeout(() => {
      if (isIdle()) exit();
    }, delayMs);
  };
  arm(FIRST_DELAY_MS);
  return {
    check: () => {
      if (isIdle()) arm(DELAY_MS);
    },
    close: () => {
      isClosed = true;
      clearTimeout(timer);
    },
  };
}
