// The log of one app over the control socket, from disk, where all of it is: a client that is slow costs nothing but a place
// in a file, and one that comes after a restart of the daemon misses nothing.

import type {AppEvent, LogLine} from '../control/events.js';
import type {CallContext} from '../control/method.js';
import type {LogFilter} from '../control/protocol.js';
import type {LogQuery} from '../supervisor/log-files/log-reader.js';
import type {LogRecord} from '../supervisor/log-files/log-record.js';
import {readOn, upTo} from '../supervisor/log-files/read-on.js';
import type {AppLogs} from './app-logs.js';
import type {Apps} from './apps.js';
import {createBell} from './bell.js';

export type LogStreamQuery = LogFilter & {readonly count: number; readonly follow: boolean};

export type LoggedApps = Pick<Apps, 'has' | 'status' | 'logs' | 'subscribe'>;

/** Sends what matches. Throws NO_SUCH_APP when there is neither the app nor anything it said. */
export async function streamLog(
  {apps, logs}: {readonly apps: LoggedApps; readonly logs: AppLogs},
  name: string,
  {follow, ...query}: LogStreamQuery,
  context: CallContext<AppEvent>,
): Promise<void> {
  const {emit, signal} = context;
  const isThere = apps.has(name);
  if (!isThere && !(await logs.has(name))) assertThere(apps, name);
  const wanted = {...query, signal};
  const read = (asked: LogQuery): AsyncIterable<LogRecord> => logs.read(name, asked);
  const send = (records: AsyncIterable<LogRecord>): Promise<void> => sendRecords(records, name, context);
  if (!follow || !isThere) return send(read(wanted));
  const ended = untilRemoved({apps, logs}, name, signal);
  const {lastId} = apps.logs(name);
  await send(read(upTo(lastId, wanted)));
  await send(readOn(wanted, {read, after: lastId, ended}));
  if (!signal.aborted) emit({type: 'removed', app: name});
}

/** Sends what is on disk, no faster than the client reads it. */
export async function sendRecords(
  records: AsyncIterable<LogRecord>,
  app: string,
  {emit, drained}: CallContext<AppEvent>,
): Promise<void> {
  for await (const record of records) if (!emit({type: 'log', app, line: lineOf(record)})) await drained();
}

/** A record of an app on this machine, as clients see it. */
export const lineOf = ({id, time, stream, instance, level, dropped, text}: LogRecord): LogLine => ({
  ...{id, time, stream, text},
  ...(instance === undefined ? {} : {instance: String(instance)}),
  ...(level === undefined ? {} : {level}),
  ...(dropped === undefined ? {} : {dropped}),
});

/**
 * Resolves when the app is not there any more, and its last words are on disk; or when the signal aborts. Whoever waits
 * counts as one who looks at it. Throws NO_SUCH_APP.
 */
export async function untilRemoved(
  {apps, logs}: {readonly apps: LoggedApps; readonly logs: Pick<AppLogs, 'flush'>},
  name: string,
  signal: AbortSignal,
): Promise<void> {
  assertThere(apps, name);
  const bell = createBell();
  const unsubscribe = apps.subscribe(name, bell.ring);
  try {
    while (apps.has(name) && !signal.aborted) await bell.wait(signal);
  } finally {
    unsubscribe();
  }
  await logs.flush(name);
}

/** The status of one that is not throws, naming those there are. */
const assertThere = (apps: LoggedApps, name: string): unknown => apps.status(name);
