// A process that has just come up has cold caches and code not yet optimised; its full share at once may bring it down
// again. Its weight therefore grows with time.

/** What a backend counts for at the very start: Envoy's `min_weight_percent`, below which it might get nothing at all. */
const FIRST_SHARE = 0.1;

/** The weight is looked at again this often per slow start; finer steps nobody could see. */
const STEPS = 20;

/** The weight that counts `elapsedMs` into a slow start of `slowStartMs`: a straight line up to `weight`. */
export function rampedWeight(weight: number, elapsedMs: number, slowStartMs: number): number {
  if (elapsedMs >= slowStartMs) return weight;
  return weight * Math.max(FIRST_SHARE, elapsedMs / slowStartMs);
}

/** When to look at the weight again, in milliseconds from now. */
export const rampStepMs = (slowStartMs: number): number => slowStartMs / STEPS;
