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
  const table = COLUMNS.map(({title, cell}) => padded([title, ...apps.map(app => cell(app, now))]));
  const shown = table.slice(0, countFitting(table, columns));
  const rowOf = (index: number): string =>
    shown
      .map(cells => cells[index])
      .join(GAP)
      .trimEnd();
  return Array.from({length: 1 + apps.length}, (_, index) => rowOf(index)).join('\n');
}

const orDash = <Value>(value: Value | null, format: (value: Value) => string): string =>
  value === null ? '-' : format(value);

function padded(cells: readonly string[]): readonly string[] {
  const width = Math.max(...cells.map(cell => cell.length));
  return cells.map(cell => cell.padEnd(width));
}

/** Names are always shown. */
function countFitting(table: readonly (readonly string[])[], columns: number): number {
  const widthOf = (count: number): number =>
    table.slice(0, count).reduce((width, [title = '']) => width + GAP.length + title.length, -GAP.length);
  const counts = table.map((_, index) => index + 1);
  return counts.findLast(count => widthOf(count) <= columns) ?? 1;
}
