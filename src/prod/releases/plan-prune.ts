/** A release as pruning sees it. */
export type PrunableRelease = {readonly id: string; readonly deployedAt: number};

export type PrunePolicy = {
  /** How many stay, those counted that have to. */
  readonly keep: number;
  /** Older ones go, in milliseconds since their deploy. */
  readonly maxAgeMs: number;
};

export const PRUNE_POLICY: PrunePolicy = {keep: 10, maxAgeMs: 30 * 24 * 60 * 60_000};

/**
 * Which releases go: beyond the newest `keep`, or too old; never one that is `needed` (the current one, the one before it,
 * those that a job names). Newest first are those deployed last; of the same time the ids decide.
 */
export function planPrune(
  releases: readonly PrunableRelease[],
  needed: ReadonlySet<string>,
  now: number,
  {keep, maxAgeMs}: PrunePolicy = PRUNE_POLICY,
): readonly string[] {
  const others = releases.filter(({id}) => !needed.has(id)).toSorted(byAge);
  const places = Math.max(0, keep - (releases.length - others.length));
  return others.filter(({deployedAt}, index) => index >= places || now - deployedAt > maxAgeMs).map(({id}) => id);
}

const byAge = (a: PrunableRelease, b: PrunableRelease): number => b.deployedAt - a.deployedAt || (a.id < b.id ? -1 : 1);
