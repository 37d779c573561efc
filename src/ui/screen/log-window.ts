// The log as blocks of rows, where what is said several times in a row is one block.

import {blockKey, type LogBlock} from '../log/log-block.js';
import {createLogRows} from '../log/log-rows.js';
import {isShown} from '../log/log-search.js';
import type {LogView} from '../log/log-view.js';
import type {Blocks} from './scroll.js';

export type LogWindow = Blocks & {
  readonly kept: readonly LogBlock[];
  rowsAt(index: number): readonly string[];
  /** The first and the last of those that are one block with it. */
  runOf(index: number): readonly [first: number, last: number];
};

/** Lays out blocks as they are asked for, each once. */
export function createLogRenderer(view: LogView): (kept: readonly LogBlock[]) => LogWindow {
  const render = createLogRows(view);
  const keys = new WeakMap<LogBlock, string | null>();
  const renderAnew = (block: LogBlock): string | null => (isShown(block, view) ? blockKey(block) : null);
  /** Null: it is not shown. */
  const keyOf = (block: LogBlock): string | null => {
    const known = keys.get(block);
    const key = known === undefined ? renderAnew(block) : known;
    keys.set(block, key);
    return key;
  };

  return kept => {
    const keyAt = (index: number): string | null => {
      const block = kept[index];
      return block ? keyOf(block) : null;
    };
    /** The next one that is shown, in that direction, if it says the same. */
    const sameBeside = (index: number, step: 1 | -1): number | null => {
      let beside = index + step;
      while (beside >= 0 && beside < kept.length && keyAt(beside) === null) beside += step;
      return keyAt(beside) !== null && keyAt(beside) === keyAt(index) ? beside : null;
    };
    const runOf: LogWindow['runOf'] = index => {
      let [first, last] = [index, index];
      for (let next = sameBeside(first, -1); next !== null; next = sameBeside(first, -1)) first = next;
      for (let next = sameBeside(last, 1); next !== null; next = sameBeside(last, 1)) last = next;
      return [first, last];
    };
    return {
      kept,
      count: kept.length,
      runOf,
      rowsAt: index => render(kept.slice(index, runOf(index)[1] + 1)).map(({text}) => text),
      rowsOf(index) {
        const block = kept[index];
        if (!block || keyOf(block) === null || sameBeside(index, -1) !== null) return 0;
        return render([block]).length + (sameBeside(index, 1) === null ? 0 : 1);
      },
    };
  };
}
