import {createAppHeads} from '../app-heads.js';
import type {LogBlock} from './log-block.js';
import {renderEntry} from './log-entry.js';
import {isShown} from './log-search.js';
import type {LogView} from './log-view.js';

/** One row of a screen that shows the log: never wider than the view's columns where that wraps or cuts. */
export type LogRow = {readonly text: string; readonly block: LogBlock};

/** Renders what the view shows of the blocks, each once: a block that is given again costs nothing. */
export function createLogRows(view: LogView): (blocks: readonly LogBlock[]) => readonly LogRow[] {
  const rendered = new WeakMap<LogBlock, readonly LogRow[]>();
  const headOf = createAppHeads(view.apps, view.style);
  const rowsOf = (block: LogBlock): readonly LogRow[] => {
    const known = rendered.get(block);
    if (known) return known;
    const lines = block.entries.flatMap(entry => renderEntry(entry, view.style, headOf(entry.app)).split('\n'));
    const rows = isShown(block, view) ? lines.map(text => ({text, block})) : [];
    rendered.set(block, rows);
    return rows;
  };
  return blocks => blocks.flatMap(rowsOf);
}
