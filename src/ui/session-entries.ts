import type {AppStatus} from '../control/events.js';
import {describeSkipped, newProblem, problemLines} from './describe.js';
import type {DevEvent} from './dev-session.js';
import {openedLan} from './lan-card.js';
import type {LogEntry, LogSource} from './log/log-entry.js';
import {createStyle} from './style.js';

/** Where there are no colours, an entry is shown without those it has. */
const COLOURED = createStyle({isColour: true});

/** What a session's event adds to the log; `statuses` are those from before it. `now` stamps the lines that are tako's own. */
export function entriesOf(statuses: ReadonlyMap<string, AppStatus>, event: DevEvent, now: number): readonly LogEntry[] {
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
    case 'log': {
      const {time, stream, text, level} = event.line;
      return [{time, app: event.app, source: stream, text, ...(level && {level})}];
    }
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
