import {createContentMemory} from './content-memory.js';
import type {TreeEvent} from './tree-watch.js';

/** The changes since the last report. */
export type ChangeBatch = {
  add(event: TreeEvent, file: string): void;
  /** The files that are other than at the last report, sorted; the batch is empty then. */
  take(): Promise<string[]>;
};

/** More than this at once is a checkout or a formatter's run: something did change, and reading it all costs time. */
const MAX_COMPARED_FILES = 500;
const READ_AT_ONCE = 16;

/** A file that came and went between two reports did not change anything. */
export function createChangeBatch(): ChangeBatch {
  const memory = createContentMemory();
  let first = new Map<string, TreeEvent>();
  const isChanged = async (file: string, event: TreeEvent): Promise<boolean> => {
    const state = await memory.compare(file);
    return state === 'changed' || (state === 'missing' && event !== 'add');
  };
  return {
    add(event, file) {
      if (!first.has(file)) first.set(file, event);
    },
    async take() {
      const entries = [...first].sort(([a], [b]) => (a < b ? -1 : 1));
      first = new Map();
      if (entries.length > MAX_COMPARED_FILES) return entries.map(([file]) => file);
      const changed: string[] = [];
      for (let start = 0; start < entries.length; start += READ_AT_ONCE) {
        const slice = entries.slice(start, start + READ_AT_ONCE);
        const answers = await Promise.all(slice.map(([file, event]) => isChanged(file, event)));
        changed.push(...slice.filter((_, index) => answers[index]).map(([file]) => file));
      }
      return changed;
    },
  };
}
