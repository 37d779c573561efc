// Notices that names are not found any more: a VPN, a sleep, a NetworkManager that starts anew may each take away what
// tako was given. It is said once, and once more when all is well; where names were never found, nothing is said.

import type {Clock} from '../../system/clock.js';

export type NameWatchOptions = {
  readonly clock: Clock;
  /** Whether the machine finds a name that the daemon answers for. */
  readonly isFound: () => Promise<boolean>;
  /** Whether anybody would hear of it: nobody is asked otherwise. */
  readonly isWatched: () => boolean;
  readonly onLost: () => void | Promise<void>;
  /** Told when they are found for the first time, and when they are found again. */
  readonly onFound: (isAgain: boolean) => void;
};

/**
 * How long until the next look: of what is found, so that a person who waits for a page reads why it does not come. What never
 * was is only looked for as `tako setup` may have been there.
 */
const INTERVAL_MS = {unknown: 60_000, found: 10_000, lost: 5_000} as const;
/** How soon somebody who comes is seen. */
const UNWATCHED_MS = 2_000;
/** A network that changes is away for a moment, and that is no loss. */
const SECOND_LOOK_MS = 3_000;

type State = 'unknown' | 'found' | 'lost';

/** Looks until the signal is aborted, and rejects then. */
export async function watchNames(options: NameWatchOptions, signal: AbortSignal): Promise<never> {
  const {clock, isWatched} = options;
  for (let state: State = 'unknown'; ; ) {
    const isLooked = isWatched();
    if (isLooked) state = await look(state, options, signal);
    await clock.sleep(isLooked ? INTERVAL_MS[state] : UNWATCHED_MS, signal);
  }
}

async function look(
  before: State,
  {clock, isFound, onLost, onFound}: NameWatchOptions,
  signal: AbortSignal,
): Promise<State> {
  if (await isFound()) {
    if (before !== 'found') onFound(before === 'lost');
    return 'found';
  }
  if (before !== 'found') return before;
  await clock.sleep(SECOND_LOOK_MS, signal);
  if (await isFound()) return 'found';
  await onLost();
  return 'lost';
}
