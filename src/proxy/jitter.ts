/** What the two sides of a tunnel have, once it is to end, for the closing of its protocol, in milliseconds. */
export const CLOSING_MS = 2_000;

/**
 * A moment in the second half of a grace: nobody gets less than half of it, and not all come back at once. The last part of
 * it is left for the closing.
 */
export function jitter(graceMs: number, random: () => number): number {
  const half = graceMs / 2;
  return half + (half - Math.min(CLOSING_MS, half / 2)) * random();
}
