import type {Writable} from 'node:stream';
import type {DevEvent, DevOutcome, DevSession} from './dev-session.js';
import {followSession} from './follow-session.js';
import {createLineWriter} from './line-writer.js';

export type JsonOptions = {
  readonly stdout: Writable;
  /** Ends it with 'ended'. */
  readonly signal?: AbortSignal;
};

/** Prints every event as one line of JSON, the session's notes as the first of them. */
export function runJson(session: DevSession, {stdout, signal}: JsonOptions): Promise<DevOutcome> {
  const render = (event: DevEvent): string => JSON.stringify(event);
  const out = createLineWriter(stdout, (app, count) => render({type: 'skipped', app, count}));
  const print = (event: DevEvent): void =>
    event.type === 'log' ? out.writeLog(event.app, render(event)) : out.write(render(event));
  for (const text of session.notes) print({type: 'notice', level: 'warning', text});
  return followSession(session, {signal, streams: [stdout]}, print).outcome;
}
