/** The first of the names that is one slip away: a letter too many, too few, another one, or two swapped. */
export const similarName = (name: string, names: readonly string[]): string | undefined =>
  // Of two letters, one may be wrong in almost every other short name.
  name.length < 3 ? undefined : names.find(other => other !== name && isOneSlipAway(name, other));

function isOneSlipAway(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 1) return false;
  let start = 0;
  while (start < a.length && a[start] === b[start]) start++;
  const [restA, restB] = [a.slice(start), b.slice(start)];
  return (
    restA.slice(1) === restB.slice(1) ||
    restA.slice(1) === restB ||
    restA === restB.slice(1) ||
    (restA[0] === restB[1] && restA[1] === restB[0] && restA.slice(2) === restB.slice(2))
  );
}
