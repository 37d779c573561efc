import {stripVTControlCharacters} from 'node:util';
import type {LogBlock} from './log-block.js';
import type {LogEntry} from './log-entry.js';
import {isAtLeast, LOG_LEVELS, type LogLevel} from './log-level.js';
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

/** Whether a line of it has the text; '' is in everything. */
export const hasText = ({entries}: LogBlock, text: string): boolean =>
  text === '' || entries.some(entry => placesOf(stripVTControlCharacters(entry.text), text).length > 0);

/** Where the text is in a line; '' is nowhere. Case counts once a letter of the text is upper case. */
export function placesOf(line: string, text: string): readonly number[] {
  if (text === '') return [];
  const searched = text === text.toLowerCase() ? lowerCase(line) : line;
  const places: number[] = [];
  for (let place = searched.indexOf(text); place >= 0; place = searched.indexOf(text, place + text.length)) {
    places.push(place);
  }
  return places;
}

/** As long as it was: what would become longer, as İ does, is left. */
const lowerCase = (line: string): string => {
  const lower = line.toLowerCase();
  return lower.length === line.length ? lower : line.replace(/[A-Z]/g, letter => letter.toLowerCase());
};

/** How much it matters: as much as the worst of its lines. Of a trace that says nothing of it, as much as an error. */
export function blockLevel({entries}: LogBlock): LogLevel | undefined {
  const levels = entries.map(entryLevel).filter(level => level !== undefined);
  const worst = LOG_LEVELS.findLast(level => levels.includes(level));
  return worst ?? (entries.length > 1 ? 'error' : undefined);
}

function entryLevel({source, level}: LogEntry): LogLevel | undefined {
  return source === 'error' || source === 'warning' ? source : level;
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
  if (view.search === '') return undefined;
  const isMatch = (block: LogBlock): boolean => isShown(block, view) && hasText(block, view.search);
  return direction === 'older'
    ? blocks.findLast(block => (!from || block.id < from.id) && isMatch(block))
    : blocks.find(block => (!from || block.id > from.id) && isMatch(block));
}
