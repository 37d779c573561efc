// What stands in front of each line of the log: `09:05:07 web │ `, every part only where it is wanted and has room. It ends
// with a mark of who speaks: ◆ is tako itself, and no app can write it.

import {createPaintApp} from '../app-heads.js';
import {formatClock} from '../format.js';
import type {Style} from '../style.js';
import {columnsOf, lengthWithin} from '../text/width.js';
import type {LogEntry} from './log-entry.js';
import type {LogView} from './log-view.js';

export type LogHeads = {
  /** All of them are of so many columns. */
  readonly columns: number;
  /** In front of the first row of a line. */
  first(entry: LogEntry): string;
  /** In front of its further rows. */
  further(entry: LogEntry): string;
};

const CLOCK_COLUMNS = 'HH:MM:SS '.length;
const MARK_COLUMNS = '│ '.length;
/** Longer names are cut, and on narrow terminals also shorter ones. */
const MAX_NAME_COLUMNS = 16;

export function createLogHeads({apps, columns, showTime, style}: LogView): LogHeads {
  const paint = createPaintApp(apps, style);
  const longest = Math.max(...apps.map(columnsOf));
  const names = apps.length < 2 ? 0 : Math.min(longest, MAX_NAME_COLUMNS, Math.floor(columns / 4));
  // At least half of a row is for what is said.
  const widthOf = (parts: {readonly time: boolean; readonly name: boolean}): number =>
    (parts.time ? CLOCK_COLUMNS : 0) + (parts.name ? names + 1 : 0) + MARK_COLUMNS;
  const parts = [
    {time: showTime, name: names > 0},
    {time: false, name: names > 0},
    {time: false, name: false},
  ].find(parts => 2 * widthOf(parts) <= columns);
  if (!parts) return NO_HEADS;

  const clockOf = (time: number): string => (parts.time ? style.dim(`${formatClock(time)} `) : '');
  const marks = createMarks(apps.length > 1, style);
  // Painted once: there are fifty thousand lines in a second, and few apps.
  const painted = new Map(apps.map(app => [app, `${paint(app, fitName(app, names))} `]));
  const nameOf = (app: string | undefined): string =>
    parts.name ? (painted.get(app ?? '') ?? ' '.repeat(names + 1)) : '';
  const indent = ' '.repeat(widthOf(parts) - MARK_COLUMNS);
  return {
    columns: widthOf(parts),
    first: entry => `${clockOf(entry.time) + nameOf(entry.app) + marks.first(entry)} `,
    further: entry => `${indent + marks.further(entry)} `,
  };
}

const NO_HEADS: LogHeads = {columns: 0, first: () => '', further: () => ''};

function fitName(app: string, columns: number): string {
  if (columnsOf(app) <= columns) return app + ' '.repeat(columns - columnsOf(app));
  return `${app.slice(0, lengthWithin(app, columns - 1))}…`;
}

/** Errors and warnings are marked, and what an app says on stderr without saying how bad it is. */
function createMarks(isOneOfSeveral: boolean, style: Style) {
  const own = {tako: style.dim('◆'), warning: style.yellow('◆'), error: style.red('◆')};
  const warning = style.yellow('┃');
  const error = style.red('┃');
  const other = isOneOfSeveral ? style.dim('│') : ' ';
  const markOf = ({source, level}: LogEntry): string => {
    if (level === 'warning') return warning;
    if (level === 'error' || level === 'fatal') return error;
    return level === undefined && source === 'stderr' ? error : other;
  };
  return {
    first: (entry: LogEntry): string =>
      entry.source === 'stdout' || entry.source === 'stderr' ? markOf(entry) : own[entry.source],
    further: (entry: LogEntry): string =>
      entry.source === 'stdout' || entry.source === 'stderr' ? markOf(entry) : ' ',
  };
}
