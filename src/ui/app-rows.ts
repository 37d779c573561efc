// Several apps, a row each, in columns. What does not fit is left out of all rows, the least telling first.

import type {AppStatus} from '../control/events.js';
import {FIGURES} from './app-figures.js';
import {createPaintApp} from './app-heads.js';
import {stateWord} from './describe.js';
import {fitByRank} from './fit.js';
import {type Apps, chosenApp, isAppShown, statusOf} from './screen/apps.js';
import {stateLook} from './state-look.js';
import type {Style} from './style.js';

export type AppRowsOptions = {
  readonly columns: number;
  /** At least two. */
  readonly maxRows: number;
  readonly now: number;
  readonly style: Style;
};

/**
 * `❯ 2 ● api  ready  https://api.test  3.4 req/s  48.2 MB`, numbered as the keys are, the one they are about marked. Where
 * there are more apps than rows, those that matter, and a row that counts the others.
 */
export function renderAppRows(apps: Apps, {columns, maxRows, now, style}: AppRowsOptions): readonly string[] {
  const shown = appsThatMatter(apps, maxRows);
  const nameColumns = Math.min(
    Math.max(...shown.map(({length}) => length)),
    Math.max(MIN_NAME, Math.floor(columns / 3)),
  );
  const room = columns - HEAD_COLUMNS - nameColumns - GAP.length;
  const table = withWholeAddresses(
    shown.map(name => cellsOf(apps, name, now, style)),
    room,
  );
  const widths = RANKS.map((_, column) => Math.max(...table.map(({cells}) => cells[column]?.text.length ?? 0)));
  const parts = widths.map((width, column) => ({column, columns: width, rank: RANKS[column] ?? 0}));
  const fitting = fitByRank(
    parts.filter(part => part.columns > 0),
    room,
    GAP.length,
  );
  const paint = createPaintApp(apps.names, style);
  const rows = table.map(({name, dot, cells}) => {
    const mark = name === chosenApp(apps) ? style.bold('❯') : ' ';
    const label = paint(name, shorten(name, nameColumns).padEnd(nameColumns));
    const painted = fitting.map(({column, columns: width}) => {
      const {text = '', look = style.dim} = cells[column] ?? {};
      return look(text) + ' '.repeat(width - text.length);
    });
    return `${mark} ${digitOf(apps, name)} ${dot} ${[label, ...painted].join(GAP)}`.trimEnd();
  });
  return shown.length < apps.names.length ? [...rows, countOthers(apps, shown, style)] : rows;
}

/** `❯ 1 ● `. */
const HEAD_COLUMNS = 6;
const MIN_NAME = 8;
const GAP = '  ';

/** Of the state, the address and the figures: the state stays longest, then errors and the address. */
const RANKS: readonly number[] = [-2, 0.5, ...FIGURES.map(({rank}) => rank)];

/** The column of it. */
const ADDRESS = 1;

type Cell = {readonly text: string; readonly look: (text: string) => string};
type Row = {readonly name: string; readonly dot: string; readonly cells: readonly Cell[]};

function cellsOf(apps: Apps, name: string, now: number, style: Style): Row {
  const status = statusOf(apps, name);
  const {dot, paint} = stateLook(status, style);
  const word = shortWord(status);
  const isHidden = !isAppShown(apps, name);
  const cells: readonly Cell[] = [
    {text: isHidden ? `${word}, hidden` : word, look: paint},
    {text: status?.url ?? '', look: style.cyan},
    ...FIGURES.map(({text, paint}) => ({text: status ? text(status, now) : '', look: style[paint]})),
  ];
  return {name, dot, cells};
}

/** One that is too long to be shown whole is left out, so that those of the others are not. */
function withWholeAddresses(table: readonly Row[], room: number): readonly Row[] {
  const stateColumns = Math.max(...table.map(({cells}) => cells[0]?.text.length ?? 0));
  const fits = ({text}: Cell): boolean => stateColumns + GAP.length + text.length <= room;
  return table.map(row => ({
    ...row,
    cells: row.cells.map((cell, column) => (column !== ADDRESS || fits(cell) ? cell : {...cell, text: ''})),
  }));
}

/** There are keys for nine. */
const digitOf = ({names}: Apps, name: string): string => {
  const place = names.indexOf(name) + 1;
  return place <= 9 ? String(place) : ' ';
};

const shorten = (text: string, columns: number): string =>
  text.length > columns ? `${text.slice(0, columns - 1)}…` : text;

/** In their order: the chosen one, those that fail, those that change, those that are used, and then the first. */
export function appsThatMatter(apps: Apps, maxRows: number): readonly string[] {
  const {names} = apps;
  if (names.length <= maxRows) return names;
  const weights = new Map(names.map(name => [name, weightOf(apps, name)]));
  const weigh = (name: string): number => weights.get(name) ?? 0;
  // The sort keeps the order of those that weigh the same.
  const chosen = new Set([...names].sort((a, b) => weigh(b) - weigh(a)).slice(0, Math.max(1, maxRows - 1)));
  return names.filter(name => chosen.has(name));
}

function weightOf(apps: Apps, name: string): number {
  const status = statusOf(apps, name);
  if (name === chosenApp(apps)) return 4;
  if (status === null) return 0;
  if (status.problem !== null || stateWord(status) === 'crashed') return 3;
  if (status.state !== 'ready' && status.state !== 'stopped' && status.state !== 'exited') return 2;
  return status.traffic?.requestsPerSecond ? 1 : 0;
}

/** `and 5 more: 4 ready, 1 stopped`. */
function countOthers(apps: Apps, shown: readonly string[], style: Style): string {
  const others = apps.names.filter(name => !shown.includes(name));
  const words = others.map(name => shortWord(statusOf(apps, name)));
  const counts = [...new Set(words)].map(word => `${words.filter(other => other === word).length} ${word}`);
  return style.dim(`${' '.repeat(HEAD_COLUMNS)}and ${others.length} more: ${counts.join(', ')}`);
}

/** Short, as the longest of them sets the width for all apps. */
function shortWord(status: AppStatus | null): string {
  if (status === null) return 'waiting';
  return status.state === 'backing-off' ? 'crashed, retries' : stateWord(status);
}
