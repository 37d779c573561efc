import {stripVTControlCharacters} from 'node:util';
import type {LogBlock} from './log-block.js';
import {isAtLeast, type LogLevel} from './log-level.js';
import type {LogView} from './log-view.js';

/** Whether the view shows it. What is of all apps is shown however few of them are. */
export const isShown = (block: LogBlock, view: LogView): boolean =>
  isOfShownApp(block, view) &&
  (view.minLevel === undefined || isAtLeast(blockLevel(block), view.minLevel)) &&
  hasText(block, view.filter);

function isOfShownApp({entries: [{app}]}: LogBlock, {focused, hidden}: LogView): boolean {
  if (app === undefined) return true;
  return focused === undefined ? !hidden.has(app) : app === focused;
}

/** Whether a line of it has the text; '' is in everything. Case counts once a letter of the text is upper case. */
export function hasText({entries}: LogBlock, text: string): boolean {
  if (text === '') return true;
  const isExact = text !== text.toLowerCase();
  return entries.some(({text: line}) => {
    const plain = stripVTControlCharacters(line);
    return (isExact ? plain : plain.toLowerCase()).includes(text);
  });
}

/** How much it matters, as far as that is known. */
export function blockLevel({entries: [{source}]}: LogBlock): LogLevel | undefined {
  return source === 'error' ? 'error' : source === 'warning' ? 'warn' : undefined;
}

/** The newest error that the view shows; `before`: older than that block. */
export const findLastError = (blocks: readonly LogBlock[], view: LogView, before?: LogBlock): LogBlock | undefined =>
  blocks.findLast(
    block =>
      (before === undefined || block.id < before.id) && isAtLeast(blockLevel(block), 'error') && isShown(block, view),
  );

/** The nearest block, older or newer than `from`, that the view shows and that has its search text. From none: the last or first of all. */
export function findMatch(
  blocks: readonly LogBlock[],
  view: LogView,
  direction: 'older' | 'newer',
  from?: LogBlock,
): LogBlock | undefined {
  const isMatch = (block: LogBlock): boolean => isShown(block, view) && hasText(block, view.search);
  return direction === 'older'
    ? blocks.findLast(block => (!from || block.id < from.id) && isMatch(block))
    : blocks.find(block => (!from || block.id > from.id) && isMatch(block));
}
