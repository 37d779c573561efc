import {describeSkipped} from './describe.js';
import type {DevEvent} from './dev-session.js';
import {type DevView, EMPTY_VIEW, reduceDevView} from './dev-view.js';
import {createFeed, type Feed} from './feed.js';
import type {LogEntry} from './log-entry.js';

export type DevFeed = Feed<DevEvent, DevView, LogEntry>;

export const createDevFeed = (now: () => number = Date.now): DevFeed =>
  createFeed<DevEvent, DevView, LogEntry>({
    empty: EMPTY_VIEW,
    reduce: (view, event) => reduceDevView(view, event, now()),
    skipped: count => ({time: now(), app: undefined, source: 'tako', text: describeSkipped(count)}),
  });
