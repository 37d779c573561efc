/** Lines that wait to be written, of which only the newest are kept. */
export type LineQueue<Line> = {
  push(line: Line): void;
  /** What has waited, and how many older lines gave way. Empties the queue. */
  take(): {readonly lines: readonly Line[]; readonly skipped: number};
};

/** Never holds more than twice the limit; gives out no more than the limit. */
export function createLineQueue<Line>(limit: number): LineQueue<Line> {
  let lines: Line[] = [];
  let skipped = 0;
  const dropOldest = (): void => {
    skipped += lines.splice(0, lines.length - limit).length;
  };
  return {
    push: line => {
      lines.push(line);
      // In bulk, as each removal moves all that is left.
      if (lines.length >= 2 * limit) dropOldest();
    },
    take: () => {
      if (lines.length > limit) dropOldest();
      const taken = {lines, skipped};
      lines = [];
      skipped = 0;
      return taken;
    },
  };
}
