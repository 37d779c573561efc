import {describeSkipped} from './describe.js';
import type {DevEvent} from './dev-session.js';
import {type DevView, EMPTY_VIEW, reduceDevView} from './dev-view.js';
import {createFeed, type Feed} from './feed.js';
import {createLogBuffer, type LogBuffer} from './log/log-buffer.js';
import type {LogEntry} from './log/log-entry.js';

export type DevFeed = Feed<DevEvent, DevView, LogEntry> & {
  /** All lines, for a screen that scrolls through them. */
  readonly log: LogBuffer;
};

export function createDevFeed(now: () => number = Date.now): DevFeed {
  const log = createLogBuffer();
  const feed = createFeed<DevEvent, DevView, LogEntry>({
    empty: EMPTY_VIEW,
    reduce(view, event) {
      const step = reduceDevView(view, event, now());
      step.lines.forEach(log.push);
      return step;
    },
    skipped: count => ({time: now(), app: undefined, source: 'tako', text: describeSkipped(count)}),
  });
  return {...feed, log};
}
