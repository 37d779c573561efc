/** A moment in the second half of a grace: nobody gets less than half of it, and not all come back at once. */
export const jitter = (graceMs: number, random: () => number): number => (graceMs * (1 + random())) / 2;
