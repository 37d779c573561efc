import {blockKey, type LogBlock} from './log-block.js';
import {isShown} from './log-search.js';
import type {LogView} from './log-view.js';
import {createBlockRenderer} from './render-block.js';

/** One row of a screen that shows the log: never wider than the view's columns where that wraps or cuts. */
export type LogRow = {readonly text: string; readonly block: LogBlock};

/** What a block comes to in a view. */
type Rendered = {readonly rows: readonly LogRow[]; readonly isShown: boolean; readonly key: string};

/** Renders what the view shows of the blocks, each once: a block that is given again costs nothing. */
export function createLogRows(view: LogView): (blocks: readonly LogBlock[]) => readonly LogRow[] {
  const renderer = createBlockRenderer(view);
  const known = new WeakMap<LogBlock, Rendered>();
  const renderOnce = (block: LogBlock): Rendered => {
    const found = known.get(block) ?? renderAnew(block);
    known.set(block, found);
    return found;
  };
  const renderAnew = (block: LogBlock): Rendered => {
    if (!isShown(block, view)) return {rows: [], isShown: false, key: ''};
    const rows = renderer.render(block).map(text => ({text, block}));
    return {rows, isShown: true, key: view.collapseRepeats ? blockKey(block) : String(block.id)};
  };
  const repeatsRow = (block: LogBlock, count: number): readonly LogRow[] =>
    count > 1 ? [{text: renderer.renderRepeats(block, count), block}] : [];

  return blocks => {
    const rows: LogRow[] = [];
    let last: {readonly block: LogBlock; readonly key: string} | undefined;
    let count = 0;
    for (const block of blocks) {
      const {isShown, key, rows: own} = renderOnce(block);
      if (!isShown) continue;
      if (key === last?.key) {
        count++;
        continue;
      }
      if (last) rows.push(...repeatsRow(last.block, count));
      rows.push(...own);
      last = {block, key};
      count = 1;
    }
    return last ? [...rows, ...repeatsRow(last.block, count)] : rows;
  };
}
