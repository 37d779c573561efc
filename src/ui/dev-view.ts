import type {AppStatus} from '../control/events.js';
import {describeSkipped, newProblem, problemLines} from './describe.js';
import type {DevEvent} from './dev-session.js';
import type {LogEntry, LogSource} from './log-entry.js';

/** What the strip below the log shows. */
export type DevView = {
  /** Null until the daemon has told it. */
  readonly status: AppStatus | null;
};

export const EMPTY_VIEW: DevView = {status: null};

/** What an event leads to: the next view, and what it adds to the log. */
export type DevStep = {readonly view: DevView; readonly entries: readonly LogEntry[]};

/** The whole screen as a function of events. `now` stamps the lines that are tako's own. */
export const reduceDevView = (view: DevView, event: DevEvent, now: number): DevStep => ({
  view: event.type === 'status' ? {status: event.status} : view,
  entries: entriesOf(view, event, now),
});

function entriesOf(view: DevView, event: DevEvent, now: number): readonly LogEntry[] {
  const say = (source: LogSource, text: string): readonly LogEntry[] => [{time: now, source, text}];
  switch (event.type) {
    case 'status': {
      const problem = newProblem(view.status, event.status);
      return problem ? say('error', problemLines(problem).join('\n')) : [];
    }
    case 'log':
      return [{time: event.line.time, source: event.line.stream, text: event.line.text}];
    case 'skipped':
      return say('tako', describeSkipped(event.count));
    case 'notice':
      return say(event.level === 'info' ? 'tako' : event.level, event.text);
    case 'ended':
      return say('tako', event.reason);
    // What it means for this session is said by the `ended` that follows.
    case 'removed':
      return [];
  }
}
