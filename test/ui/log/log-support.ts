import type {LogBlock} from '../../../src/ui/log/log-block.js';
import type {LogEntry} from '../../../src/ui/log/log-entry.js';
import {createLogView, type LogView} from '../../../src/ui/log/log-view.js';
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

/** Of one app, without colours, on 80 columns. */
export const view = (more: Partial<LogView> = {}): LogView => ({
  ...createLogView({apps: ['web'], columns: 80, style: createStyle({isColour: false})}),
  ...more,
});

export const COLOURED = createStyle({isColour: true});
