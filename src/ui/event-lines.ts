import type {AppStatus} from '../control/events.js';
import type {ExchangeSummary} from '../control/exchanges.js';
import type {DaemonEvent} from '../control/protocol.js';
import {describeSkipped, describeState, newProblem, problemLines} from './describe.js';
import type {DevEvent} from './dev-session.js';
import {formatClock, formatCount} from './format.js';
import {logText} from './log-entry.js';
import {safeText} from './safe-text.js';
import {createStyle, type Environment, hasColour} from './style.js';

/** What `tako events` tells of. */
export type LoggedEvent = DaemonEvent | Extract<DevEvent, {readonly type: 'notice'}>;

/** Makes an event into lines for people, each with the time and whose it is; empty for what shows nothing new. */
export function createEventLines(
  stream: {readonly isTTY?: boolean},
  environment: Environment,
  now: () => number = Date.now,
): (event: LoggedEvent) => string {
  const style = createStyle({isColour: hasColour(stream, environment)});
  const statuses = new Map<string, AppStatus>();
  const lines = (time: number, whose: string, texts: readonly string[]): string => {
    const head = `${formatClock(time)} ${whose} | `;
    return texts
      .flatMap(text =>
        safeText(text, style)
          .split('\n')
          .map(line => head + line),
      )
      .join('\n');
  };
  return event => {
    switch (event.type) {
      case 'status': {
        const before = statuses.get(event.status.name);
        statuses.set(event.status.name, event.status);
        return lines(now(), event.status.name, describeChange(before, event.status));
      }
      case 'log':
        return lines(event.line.time, event.app, [logText(event.line.text, style)]);
      case 'skipped':
        return lines(now(), event.app, [describeSkipped(event.count)]);
      case 'removed':
        statuses.delete(event.app);
        return lines(now(), event.app, [`${event.app} is removed`]);
      case 'request':
        return isOver(event.exchange)
          ? lines(event.exchange.time, event.exchange.app, [describeRequest(event.exchange)])
          : '';
      case 'skipped-requests':
        return lines(now(), 'tako', [`… ${formatCount(event.count)} requests skipped`]);
      case 'notice':
        return lines(now(), 'tako', [event.text]);
    }
  };
}

/** What the reader of the status before does not know yet. */
function describeChange(before: AppStatus | undefined, status: AppStatus): string[] {
  const isSame = before?.state === status.state && before.pid === status.pid;
  const problem = newProblem(before ?? null, status);
  return [...(isSame ? [] : [describeState(status)]), ...(problem ? problemLines(problem) : [])];
}

const isOver = ({outcome}: ExchangeSummary): boolean => outcome !== null;

function describeRequest({method, url, status, outcome, timing}: ExchangeSummary): string {
  const end = outcome === 'answered' ? '' : ` ${outcome}`;
  const duration = timing.totalMs === null ? '' : ` ${Math.round(timing.totalMs)} ms`;
  return `${method} ${url} ${status ?? 'no answer'}${end}${duration}`;
}
