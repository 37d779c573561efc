// What stands where. The whole screen is one pane after the other on a small terminal, all of them below each other on a
// usual one, and side by side on a wide one.

export type Size = {readonly columns: number; readonly rows: number};

export type Pane = 'apps' | 'log' | 'requests';
export const PANES: readonly Pane[] = ['apps', 'log', 'requests'];

/** Which screen there is, how large, and what of it is looked at. */
export type Layout = {
  readonly size: Size;
  readonly screen: Screen;
  /** The one that the arrows are about. */
  readonly pane: Pane;
  readonly help: Help | null;
};

/** Rows that are above its first one, and what is below it. */
export type Help = {readonly scrolled: number; readonly over: Screen};

/** The log in the scrollback with a strip below it, or the whole screen. */
export type Screen = 'strip' | 'dashboard';

/** A part of the screen, in rows and columns with its title. None of a part that is not shown. */
export type Area = Size;

export type Plan = {
  readonly kind: 'single' | 'stacked' | 'wide';
  readonly apps: Area | null;
  readonly log: Area | null;
  readonly requests: Area | null;
  /** The opened request, or the chosen app. */
  readonly detail: Area | null;
};

/** Below this, panes under each other show too little of each. */
const STACKED: Size = {columns: 60, rows: 20};
/** From here on, a log line and a request fit beside each other. */
const WIDE_COLUMNS = 150;
/** The title above and the hints below. */
export const FRAME_ROWS = 2;
/** The title of a pane. */
export const TITLE_ROWS = 1;

export type PlanFor = {
  readonly size: Size;
  readonly pane: Pane;
  readonly apps: number;
  readonly isRequestOpen: boolean;
};

export function planLayout({size, pane, apps, isRequestOpen}: PlanFor): Plan {
  const whole = {columns: size.columns, rows: Math.max(1, size.rows - FRAME_ROWS)};
  if (size.columns < STACKED.columns || size.rows < STACKED.rows) return single(whole, pane, apps, isRequestOpen);
  const appRows = Math.min(apps + TITLE_ROWS, Math.max(3, Math.floor(whole.rows / (pane === 'apps' ? 2 : 4))));
  const rest = {columns: whole.columns, rows: whole.rows - appRows};
  const panes = size.columns < WIDE_COLUMNS ? stacked(rest, pane, isRequestOpen) : wide(rest, pane, isRequestOpen);
  return {...panes, apps: {columns: whole.columns, rows: appRows}};
}

function single(whole: Area, pane: Pane, apps: number, isRequestOpen: boolean): Plan {
  const none = {kind: 'single', apps: null, log: null, requests: null, detail: null} as const;
  if (pane === 'log') return {...none, log: whole};
  if (pane === 'requests') return isRequestOpen ? {...none, detail: whole} : {...none, requests: whole};
  const list = {columns: whole.columns, rows: Math.min(apps + TITLE_ROWS, Math.ceil(whole.rows / 2))};
  return {...none, apps: list, detail: {columns: whole.columns, rows: whole.rows - list.rows}};
}

/** What is looked at has two thirds. */
function stacked(rest: Area, pane: Pane, isRequestOpen: boolean): Omit<Plan, 'apps'> {
  const [large, small] = divide(rest.rows);
  const area = (rows: number): Area => ({columns: rest.columns, rows});
  if (pane === 'log') return {kind: 'stacked', log: area(large), requests: area(small), detail: null};
  if (pane === 'apps') return {kind: 'stacked', log: area(small), requests: null, detail: area(large)};
  if (isRequestOpen) return {kind: 'stacked', log: null, requests: area(small), detail: area(large)};
  return {kind: 'stacked', log: area(small), requests: area(large), detail: null};
}

/** The log on the left, what is beside it on the right. */
function wide(rest: Area, pane: Pane, isRequestOpen: boolean): Omit<Plan, 'apps'> {
  const right = Math.floor((rest.columns * 2) / 5);
  const log = {columns: rest.columns - right - 1, rows: rest.rows};
  const isDetailed = pane === 'apps' || isRequestOpen;
  const [large, small] = divide(rest.rows);
  return {
    kind: 'wide',
    log,
    requests: {columns: right, rows: isDetailed ? small : rest.rows},
    detail: isDetailed ? {columns: right, rows: large} : null,
  };
}

function divide(rows: number): readonly [large: number, small: number] {
  const small = Math.floor(rows / 3);
  return [rows - small, small];
}

/** The pane beside it, round and round. */
export const paneBeside = (pane: Pane, steps: 1 | -1): Pane =>
  PANES[(PANES.indexOf(pane) + PANES.length + steps) % PANES.length] ?? pane;
