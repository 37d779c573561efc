// How the log of the whole screen is laid out: what of it is shown, how wide, and which rows are in sight.

import type {LogView} from '../log/log-view.js';
import {NO_COLOURS, type Style} from '../style.js';
import {chosenApp} from './apps.js';
import {type Plan, planLayout, TITLE_ROWS} from './layout.js';
import {createLogRenderer, type LogWindow} from './log-window.js';
import {readable} from './reading.js';
import type {ScreenState} from './screen-state.js';

/** In front of each row: whether it is what was searched for. */
export const MARK_COLUMNS = 2;

export const planOf = ({layout, apps, requests}: ScreenState): Plan =>
  planLayout({
    size: layout.size,
    pane: layout.pane,
    apps: apps.names.length,
    isRequestOpen: requests.opened !== null,
  });

/** The rows for the log's own text; at least one, where it is not shown too. */
export const logHeight = (plan: Plan): number => Math.max(1, (plan.log?.rows ?? 0) - TITLE_ROWS);

/** What is shown of the log, as it is shown on the whole screen. */
export function logViewOf({apps, reading, search}: ScreenState, columns: number, style: Style): LogView {
  return {
    apps: apps.names,
    focused: apps.isOnly ? chosenApp(apps) : undefined,
    hidden: apps.hidden,
    minLevel: reading.minLevel ?? undefined,
    filter: search.isOnlyMatches ? search.text : '',
    search: search.text,
    showTime: reading.showTime,
    wrap: reading.isCut ? 'cut' : 'wrap',
    collapseRepeats: true,
    columns,
    style,
  };
}

/** What is shown of the log in the scrollback. A filter of the whole screen is not about that. */
export const printViewOf = (state: ScreenState, style: Style): LogView => ({
  ...logViewOf(state, state.layout.size.columns, style),
  minLevel: undefined,
  filter: '',
  search: '',
  wrap: state.reading.isCut ? 'cut' : 'whole',
});

export type MeasuredLog = {readonly window: LogWindow; readonly view: LogView; readonly height: number};

/** The log as it has to be known for scrolling. Colours take no room. */
export function measureLog(state: ScreenState): MeasuredLog {
  const plan = planOf(state);
  const view = logViewOf(state, (plan.log?.columns ?? state.layout.size.columns) - MARK_COLUMNS, NO_COLOURS);
  return {window: createLogRenderer(view)(readable(state.reading)), view, height: logHeight(plan)};
}
