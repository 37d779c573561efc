import {fitByRank} from '../fit.js';
import type {KeyBinding} from './key-table.js';

export const HINT_GAP = 2;

export type KeyHint = {readonly key: string; readonly hint: string};

/** The hints that fit on one line, the dispensable ones left out. */
export function fitHints(columns: number, bindings: readonly KeyBinding[]): readonly KeyHint[] {
  const hints = bindings.flatMap(({keys, hint, rank}) =>
    hint === undefined || rank === undefined
      ? []
      : [{key: keys[0], hint, rank, columns: keys[0].length + 1 + hint.length}],
  );
  return fitByRank(hints, columns, HINT_GAP);
}
