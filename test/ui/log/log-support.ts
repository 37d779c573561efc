import type {LogBlock} from '../../../src/ui/log/log-block.js';
import type {LogEntry} from '../../../src/ui/log/log-entry.js';
import type {LogView} from '../../../src/ui/log/log-view.js';
import {createStyle} from '../../../src/ui/style.js';
import {MORNING} from '../fake-session.js';

/** A line that the app `web` has written to stdout in the morning, but for what is given. */
export const entry = (text: string, more: Partial<LogEntry> = {}): LogEntry => ({
  time: MORNING,
  app: 'web',
  source: 'stdout',
  text,
  ...more,
});

let lastId = 0;

export const block = (...[first, ...others]: readonly [LogEntry, ...LogEntry[]]): LogBlock => ({
  id: ++lastId,
  entries: [first, ...others],
});

/** How a log is shown until somebody wants it otherwise: everything, without the time. */
export const createLogView = (given: Pick<LogView, 'apps' | 'columns' | 'style'>): LogView => ({
  focused: undefined,
  hidden: new Set(),
  minLevel: undefined,
  filter: '',
  search: '',
  showTime: false,
  wrap: 'whole',
  collapseRepeats: true,
  ...given,
});

/** Of one app, without colours, on 80 columns. */
export const view = (more: Partial<LogView> = {}): LogView => ({
  ...createLogView({apps: ['web'], columns: 80, style: createStyle({isColour: false})}),
  ...more,
});

export const COLOURED = createStyle({isColour: true});
