import {fitByRank} from '../fit.js';
import type {Pane} from '../screen/layout.js';
import type {KeyBinding} from './key-table.js';

export const HINT_GAP = 2;

export type KeyHint = {readonly key: string; readonly hint: string};

/** The hints that fit on one line, the dispensable ones left out. `pane`: the one that the arrows are about. */
export function fitHints(columns: number, bindings: readonly KeyBinding[], pane?: Pane): readonly KeyHint[] {
  const hints = bindings.flatMap(({keys, hint, rank, hintIn = pane}) =>
    hint === undefined || rank === undefined || hintIn !== pane
      ? []
      : [{key: keys[0], hint, rank, columns: keys[0].length + 1 + hint.length}],
  );
  return fitByRank(hints, columns, HINT_GAP);
}
