import type {AppStatus} from '../control/events.js';
import {describeSkipped, newProblem, problemLines} from './describe.js';
import type {DevEvent} from './dev-session.js';
import {openedLan} from './lan-card.js';
import type {LogEntry, LogSource} from './log-entry.js';
import {createStyle} from './style.js';

/** What the strip below the log shows. */
export type DevView = {
  /** By the name of the app; those of which the daemon has not told yet are left out. */
  readonly statuses: ReadonlyMap<string, AppStatus>;
};

export const EMPTY_VIEW: DevView = {statuses: new Map()};

/** What an event leads to: the next view, and what it adds to the log. */
export type DevStep = {readonly view: DevView; readonly lines: readonly LogEntry[]};

/** The whole screen as a function of events. `now` stamps the lines that are tako's own. */
export const reduceDevView = (view: DevView, event: DevEvent, now: number): DevStep => ({
  view: viewAfter(view, event),
  lines: entriesOf(view, event, now),
});

function viewAfter(view: DevView, event: DevEvent): DevView {
  if (event.type === 'status') return withStatus(view, event.status);
  if (event.type !== 'removed') return view;
  const last = view.statuses.get(event.app);
  // Its own last status may be from before it had stopped.
  return last ? withStatus(view, {...last, ...NOT_RUNNING}) : view;
}

const withStatus = ({statuses}: DevView, status: AppStatus): DevView => ({
  statuses: new Map(statuses).set(status.name, status),
});

/** Where there are no colours, an entry is shown without those it has. */
const COLOURED = createStyle({isColour: true});

const NOT_RUNNING = {state: 'stopped', pid: null, port: null, startedAt: null, memoryBytes: null} as const;

function entriesOf({statuses}: DevView, event: DevEvent, now: number): readonly LogEntry[] {
  const say = (source: LogSource, text: string, app?: string): readonly LogEntry[] => [{time: now, app, source, text}];
  switch (event.type) {
    case 'status': {
      const {name} = event.status;
      const problem = newProblem(statuses.get(name) ?? null, event.status);
      const card = openedLan(statuses, event.status, COLOURED);
      return [
        ...(problem ? say('error', problemLines(problem).join('\n'), name) : []),
        ...(card === undefined ? [] : say('tako', `${name} is open to the network:\n${card}`)),
      ];
    }
    case 'log':
      return [{time: event.line.time, app: event.app, source: event.line.stream, text: event.line.text}];
    case 'skipped':
      return say('tako', describeSkipped(event.count), event.app);
    case 'notice':
      return say(event.level === 'info' ? 'tako' : event.level, event.text);
    case 'ended':
      return say('tako', event.reason);
    // What it means for this session is said by the notice or the `ended` that follows.
    case 'removed':
      return [];
  }
}
