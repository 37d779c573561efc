import type {AppStatus} from '../control/events.js';
import {stateWord} from './describe.js';
import {formatBytes, formatDuration} from './format.js';

type Column = {readonly title: string; readonly cell: (app: AppStatus, now: number) => string};

/** The most telling first: a narrow terminal shows only those that fit. */
const COLUMNS: readonly Column[] = [
  {title: 'NAME', cell: ({name}) => name},
  {title: 'STATE', cell: stateWord},
  {title: 'URL', cell: ({url}) => url},
  {title: 'PID', cell: ({pid}) => orDash(pid, String)},
  {title: 'UPTIME', cell: ({startedAt}, now) => orDash(startedAt, time => formatDuration(now - time))},
  {title: 'MEMORY', cell: ({memoryBytes}) => orDash(memoryBytes, formatBytes)},
];

const GAP = '  ';

/** One row per app below a row of titles, in at most `columns` columns; nothing for no apps. */
export function renderAppTable(apps: readonly AppStatus[], columns: number, now = Date.now()): string {
  if (apps.length === 0) return '';
  const rows = [COLUMNS.map(({title}) => title), ...apps.map(app => COLUMNS.map(({cell}) => cell(app, now)))];
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map(cells => cells[column]?.length ?? 0)));
  const shown = widths.slice(0, countFitting(widths, columns));
  return rows.map(cells => renderRow(cells, shown)).join('\n');
}

const orDash = <Value>(value: Value | null, format: (value: Value) => string): string =>
  value === null ? '-' : format(value);

const renderRow = (cells: readonly string[], widths: readonly number[]): string =>
  widths
    .map((width, column) => cells[column]?.padEnd(width))
    .join(GAP)
    .trimEnd();

/** How many columns fit. Names are always shown. */
function countFitting(widths: readonly number[], columns: number): number {
  const total = (count: number): number =>
    widths.slice(0, count).reduce((sum, width) => sum + GAP.length + width, -GAP.length);
  return Math.max(1, 1 + widths.findLastIndex((_, column) => total(column + 1) <= columns));
}
