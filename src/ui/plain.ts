import type {Writable} from 'node:stream';
import type {AppStatus, LogLine} from '../control/events.js';
import {describeSkipped, describeState, newProblem, problemLines} from './describe.js';
import type {DevEvent, DevOutcome, DevSession} from './dev-session.js';
import {followSession} from './follow-session.js';
import {formatClock} from './format.js';
import {createLineWriter} from './line-writer.js';
import {logText} from './log-entry.js';
import {safeText} from './safe-text.js';
import {createStyle, type Environment, hasColour, type Style} from './style.js';

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
  return followSession(session, {signal, streams: [stdout, stderr]}, createPrinter(say, options)).outcome;
}

function createPrinter(say: (text: string) => void, {stdout, env = process.env}: PlainOptions) {
  const style = createStyle({isColour: hasColour(stdout, env)});
  const out = createLineWriter(stdout, describeSkipped);
  let status: AppStatus | null = null;

  return (event: DevEvent): void => {
    switch (event.type) {
      case 'status':
        newAddresses(status, event.status).forEach(out.write);
        describeChange(status, event.status).forEach(say);
        status = event.status;
        break;
      case 'log':
        out.writeLog(renderLine(event.app, event.line, style));
        break;
      case 'skipped':
        out.write(describeSkipped(event.count));
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

const newAddresses = (before: AppStatus | null, {urls}: AppStatus): readonly string[] =>
  before && String(before.urls) === String(urls) ? [] : urls;

/** What the reader of the status before does not know yet. */
function describeChange(before: AppStatus | null, status: AppStatus): string[] {
  const isSame = before?.state === status.state && before.pid === status.pid;
  const problem = newProblem(before, status);
  return [
    ...(isSame ? [] : [describeState(status)]),
    ...(problem ? [`error: ${problemLines(problem).join('\n')}`] : []),
  ];
}

/** Every line says whose it is, also those of one text. */
function renderLine(app: string, {time, stream, text}: LogLine, style: Style): string {
  const head = `${formatClock(time)} ${stream === 'tako' ? 'tako' : app} | `;
  return head + safeText(logText(text, style), style).replaceAll('\n', `\n${head}`);
}
