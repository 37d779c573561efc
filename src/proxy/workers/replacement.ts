/** What is done about a worker that has ended by itself. */
export type ReplacementDecision = {readonly action: 'replace'; readonly afterMs: number} | {readonly action: 'give-up'};

/** A worker that ends sooner after it was ready has not really served; most often it cannot. */
const FAST_DEATH_MS = 1_000;
/** So many in a row, of whichever workers, and another one would die too. */
export const MAX_FAST_DEATHS = 5;
const FIRST_DELAY_MS = 100;

/** Whether a worker died as soon as it began. `readyAt` is undefined for one that was never ready; times in milliseconds. */
export const isFastDeath = (readyAt: number | undefined, now: number): boolean =>
  readyAt === undefined || now - readyAt < FAST_DEATH_MS;

/** The first one is replaced at once: a worker that a signal has killed has nothing wrong with it. */
export function decideReplacement(fastDeaths: number): ReplacementDecision {
  if (fastDeaths >= MAX_FAST_DEATHS) return {action: 'give-up'};
  return {action: 'replace', afterMs: fastDeaths <= 1 ? 0 : FIRST_DELAY_MS * 2 ** (fastDeaths - 2)};
}
