import type {Writable} from 'node:stream';
import type {AppStatus, LogLine} from '../control/events.js';
import {createPaintApp} from './app-heads.js';
import {describeSkipped, describeState, newProblem, problemLines} from './describe.js';
import type {DevEvent, DevOutcome, DevSession} from './dev-session.js';
import {followSession} from './follow-session.js';
import {formatClock} from './format.js';
import {createLineWriter} from './line-writer.js';
import {logText} from './log/log-entry.js';
import {safeText} from './safe-text.js';
import {type Environment, type Style, styleFor} from './style.js';

export type PlainOptions = {
  readonly stdout: Writable & {readonly isTTY?: boolean};
  readonly stderr: Writable;
  /** Ends it with 'ended'. */
  readonly signal?: AbortSignal;
  readonly env?: Environment;
};

/** Prints a session where there is no terminal: addresses and log lines on stdout, what becomes of the app on stderr. */
export function runPlain(session: DevSession, options: PlainOptions): Promise<DevOutcome> {
  const {stdout, stderr, signal} = options;
  const say = (text: string): void => void stderr.write(`${safeText(text, {isColour: false})}\n`);
  session.notes.forEach(say);
  return followSession(session, {signal, streams: [stdout, stderr]}, createPrinter(session.apps, say, options)).outcome;
}

type LogEvent = Extract<DevEvent, {readonly type: 'log'}>;

function createPrinter(
  apps: readonly string[],
  say: (text: string) => void,
  {stdout, env = process.env}: PlainOptions,
) {
  const style = styleFor(stdout, env);
  const isAlone = apps.length < 2;
  const paint = createPaintApp(apps, style);
  const sayWhose = (app: string, text: string): string => (isAlone ? text : `${paint(app, app)} | ${text}`);
  const renderSkipped = (app: string, count: number): string => sayWhose(app, describeSkipped(count));
  const out = createLineWriter(stdout, renderSkipped);
  const statuses = new Map<string, AppStatus>();

  /** What tako says of the one app needs no name. */
  const headFor = ({app, line}: LogEvent): string =>
    line.stream !== 'tako' ? paint(app, app) : isAlone ? 'tako' : `${paint(app, app)} tako`;

  return (event: DevEvent): void => {
    switch (event.type) {
      case 'status':
        newAddresses(statuses.get(event.status.name), event.status).forEach(out.write);
        describeChange(statuses.get(event.status.name), event.status, isAlone).forEach(say);
        statuses.set(event.status.name, event.status);
        break;
      case 'log':
        out.writeLog(event.app, renderLine(event.line, headFor(event), style));
        break;
      case 'skipped':
        out.write(renderSkipped(event.app, event.count));
        break;
      case 'notice':
        say(event.level === 'info' ? event.text : `${event.level}: ${event.text}`);
        break;
      case 'ended':
        say(event.reason);
        break;
    }
  };
}

const newAddresses = (before: AppStatus | undefined, {urls}: AppStatus): readonly string[] =>
  before && String(before.urls) === String(urls) ? [] : urls;

/** What the reader of the status before does not know yet. */
function describeChange(before: AppStatus | undefined, status: AppStatus, isAlone: boolean): string[] {
  // One that was just registered is about to start: that it does not run yet is no news.
  const isSame = before ? before.state === status.state && before.pid === status.pid : status.state === 'stopped';
  const problem = newProblem(before ?? null, status);
  return [
    ...(isSame ? [] : [describeState(status)]),
    ...(problem ? [`error${isAlone ? '' : ` in ${status.name}`}: ${problemLines(problem).join('\n')}`] : []),
  ];
}

/** Every line says whose it is, also those of one text. */
function renderLine({time, text}: LogLine, whose: string, style: Style): string {
  const head = `${formatClock(time)} ${whose} | `;
  return head + safeText(logText(text, style), style).replaceAll('\n', `\n${head}`);
}
