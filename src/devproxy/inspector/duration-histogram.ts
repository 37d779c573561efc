/** Four buckets each time that a duration doubles: a bucket's middle is at most 9% off. */
const PER_DOUBLING = 4;
/** 1/16 ms; what is shorter counts as this long. */
const SHORTEST_LOG2 = -4;
/** About four minutes; what is longer counts as this long. */
const LONGEST_LOG2 = 18;
export const BUCKETS = (LONGEST_LOG2 - SHORTEST_LOG2) * PER_DOUBLING;

/** The bucket of a duration in milliseconds. */
export function bucketOf(ms: number): number {
  const bucket = Math.floor((Math.log2(ms) - SHORTEST_LOG2) * PER_DOUBLING);
  // No duration has the logarithm -Infinity.
  return Math.min(Math.max(bucket, 0), BUCKETS - 1);
}

/** The middle of the bucket below or in which that part of all counted durations is; undefined where there is none. */
export function quantileOf(counts: ArrayLike<number>, part: number): number | undefined {
  let total = 0;
  for (let bucket = 0; bucket < counts.length; bucket++) total += counts[bucket] as number;
  if (total === 0) return undefined;
  let missing = Math.ceil(total * part);
  let bucket = 0;
  while (bucket < counts.length - 1 && missing > (counts[bucket] as number)) missing -= counts[bucket++] as number;
  return 2 ** ((bucket + 0.5) / PER_DOUBLING + SHORTEST_LOG2);
}
