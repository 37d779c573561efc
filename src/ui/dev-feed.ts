import {describeSkipped} from './describe.js';
import type {DevEvent} from './dev-session.js';
import {createFeed, type Feed} from './feed.js';
import {createLogBuffer, type LogBuffer} from './log/log-buffer.js';
import type {LogEntry} from './log/log-entry.js';
import type {Effect} from './screen/effects.js';
import type {Size} from './screen/layout.js';
import {reduceScreen} from './screen/reduce-screen.js';
import type {ScreenEvent} from './screen/screen-event.js';
import {createScreenState, type ScreenState} from './screen/screen-state.js';
import {entriesOf} from './session-entries.js';

export type DevFeed = Feed<ScreenEvent, ScreenState, LogEntry> & {
  /** All lines, for a screen that scrolls through them. */
  readonly log: LogBuffer;
};

export type DevFeedOptions = {
  readonly apps: readonly string[];
  readonly size: Size;
  /** Does what a key asks for beyond the screen. */
  readonly perform: (effect: Effect) => void;
  readonly now?: () => number;
};

export function createDevFeed({apps, size, perform, now = Date.now}: DevFeedOptions): DevFeed {
  const log = createLogBuffer();
  let effects: readonly Effect[] = [];
  const feed = createFeed<ScreenEvent, ScreenState, LogEntry>({
    empty: createScreenState(apps, size, now()),
    reduce(state, event) {
      const lines = isOfSession(event) ? entriesOf(state.apps.statuses, event, now()) : [];
      lines.forEach(log.push);
      const step = reduceScreen(state, event);
      effects = [...effects, ...step.effects];
      return {view: step.state, lines};
    },
    frame: state => reduceScreen(state, {type: 'kept', blocks: log.blocks()}).state,
    skipped: count => ({time: now(), app: undefined, source: 'tako', text: describeSkipped(count)}),
  });
  return {
    ...feed,
    log,
    push: event => {
      feed.push(event);
      const due = effects;
      effects = [];
      // Not before the event is through: what is done may push others.
      due.forEach(perform);
    },
  };
}

/** What printers hear too. */
const OF_SESSION: ReadonlySet<string> = new Set<DevEvent['type']>([
  'status',
  'log',
  'skipped',
  'removed',
  'notice',
  'ended',
]);
const isOfSession = (event: ScreenEvent): event is DevEvent => OF_SESSION.has(event.type);
