/** What follows a crash. `crashes` counts those within the window, this one among them. */
export type RetryDecision =
  | {readonly action: 'retry'; readonly crashes: number; readonly afterMs: number}
  | {readonly action: 'give-up'; readonly crashes: number};

/** Crashes longer ago than this are forgotten. */
export const CRASH_WINDOW_MS = 60_000;

/** As many within the window, and the app is not started again by itself. */
export const MAX_CRASHES = 5;

/** How long after its first crash an app is started again; after each further one, twice as long. */
export const FIRST_RETRY_MS = 250;

/** Decides only, by the times of the crashes so far, the newest among them. */
export function decideRetry(crashTimes: readonly number[], now: number): RetryDecision {
  const crashes = recentCrashes(crashTimes, now).length;
  if (crashes >= MAX_CRASHES) return {action: 'give-up', crashes};
  return {action: 'retry', crashes, afterMs: FIRST_RETRY_MS * 2 ** Math.max(0, crashes - 1)};
}

/** Those that still count. */
export const recentCrashes = (crashTimes: readonly number[], now: number): readonly number[] =>
  crashTimes.filter(time => now - time < CRASH_WINDOW_MS);
