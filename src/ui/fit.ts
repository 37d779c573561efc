/** Something of so many columns. What has a higher rank is the first to go. */
export type Ranked = {readonly columns: number; readonly rank: number};

/** As many of the parts as fit on one line with a gap between any two, in their order, the dispensable ones left out. */
export function fitByRank<Part extends Ranked>(parts: readonly Part[], columns: number, gap: number): readonly Part[] {
  const ranks = parts.map(({rank}) => rank).sort((a, b) => a - b);
  const choices = ranks.map(highest => parts.filter(({rank}) => rank <= highest));
  const total = (choice: readonly Part[]): number => choice.reduce((sum, part) => sum + gap + part.columns, -gap);
  return choices.findLast(choice => total(choice) <= columns) ?? [];
}
