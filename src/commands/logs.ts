// `tako logs` reads the files itself, whether or not a daemon writes them: what it costs to search them is this command's own
// affair. Of the daemon it only asks what there is, to write what it still has, and when an app has gone.

import type {AppStatus} from '../control/events.js';
import {type DaemonConnection, findDaemon} from '../devproxy/daemon-client.js';
import {logFolderOf} from '../devproxy/log-folders.js';
import {lineOf} from '../devproxy/log-stream.js';
import {type LogQuery, readLog} from '../supervisor/log-files/log-reader.js';
import type {LogRecord} from '../supervisor/log-files/log-record.js';
import {readOn, upTo} from '../supervisor/log-files/read-on.js';
import {systemClock} from '../system/clock.js';
import {errorCode} from '../system/error.js';
import {type ConfigFlag, type Context, createContext} from './context.js';
import {type LogFlags, parseLogFlags, type WantedLines} from './log-flags.js';
import {createLogPrinter, type LogPrinter} from './log-printer.js';
import {selectLogs} from './log-selection.js';
import {printNote} from './output.js';

export type LogsFlags = ConfigFlag & LogFlags & {readonly all?: boolean};

/** Prints the last lines of apps, and with `--follow` those to come until they are removed or Ctrl-C. */
export async function logs(names: readonly string[], flags: LogsFlags): Promise<void> {
  const wanted = parseLogFlags(flags, systemClock.now());
  const context = createContext();
  const daemon = createDaemonLink(context);
  try {
    const connection = await daemon.find();
    const registered = connection ? (await connection.client.call('list', {})).apps : undefined;
    const apps = await selectLogs(names, flags, {registered, logs: context.files.logs});
    await flush(connection, registered ?? [], apps);
    if (wanted.isFollowed && !connection)
      printNote('the daemon does not run; what it writes when it does follows here');
    await print(apps, wanted, {daemon, context, printer: createLogPrinter(flags)});
  } finally {
    daemon.close();
  }
}

type Printing = {readonly daemon: DaemonLink; readonly context: Context; readonly printer: LogPrinter};

async function print(apps: readonly string[], wanted: WantedLines, printing: Printing): Promise<void> {
  const {context, daemon, printer} = printing;
  const isSeveral = apps.length > 1;
  const printOne = ({app, record}: AppRecord): Promise<void> => {
    const line = lineOf(record);
    return printer.print({...line, source: isSeveral ? [app] : [], document: {app, ...line}});
  };
  const query = {...queryOf(wanted), signal: printer.signal};
  const found = await Promise.all(apps.map(app => openLog(app, context.files.logs)));
  for await (const record of lastOf(found, query)) await printOne(record);
  if (!wanted.isFollowed) return;
  const follow = async ({app, read, newestId: after}: OpenLog): Promise<void> => {
    const ended = untilRemoved(app, daemon, printer.signal);
    for await (const record of readOn(query, {read, after, ended})) await printOne({app, record});
  };
  await Promise.all(found.map(follow));
}

const queryOf = ({count, since, level, instance, pattern}: WantedLines): LogQuery => ({
  ...{count, since, level, instance},
  where: ({text}) => pattern === undefined || pattern.test(text),
});

type AppRecord = {readonly app: string; readonly record: LogRecord};

/** A log as it is at this moment. */
type OpenLog = {
  readonly app: string;
  readonly read: (query: LogQuery) => AsyncIterable<LogRecord>;
  readonly newestId: number;
};

async function openLog(app: string, logs: string): Promise<OpenLog> {
  const folder = logFolderOf(logs, app);
  const read = (query: LogQuery): AsyncIterable<LogRecord> =>
    readLog({folder, query, ...POLLING, onBadLine: () => undefined});
  let newestId = 0;
  for await (const {id} of read({count: 1})) newestId = id;
  return {app, read, newestId};
}

/** As long as the daemon gathers lines before it writes them. */
const POLL_MS = 100;

/** Another process writes: there is nobody to tell when. */
const POLLING = {
  version: () => 0,
  isClosed: () => false,
  untilWritten: (_: number, signal: AbortSignal | undefined) =>
    systemClock.sleep(POLL_MS, signal).catch(() => undefined),
};

/** What is there and matches: of several logs in the order of time, and the last `count` of all of them. */
async function* lastOf(logs: readonly OpenLog[], query: LogQuery): AsyncGenerator<AppRecord> {
  const [only] = logs;
  if (only && logs.length === 1) {
    for await (const record of only.read(upTo(only.newestId, query))) yield {app: only.app, record};
    return;
  }
  const all: AppRecord[] = [];
  for (const {app, read, newestId} of logs) {
    for await (const record of read(upTo(newestId, query))) all.push({app, record});
  }
  const sorted = all.sort((a, b) => a.record.time - b.record.time);
  yield* query.count === undefined ? sorted : sorted.slice(Math.max(0, sorted.length - query.count));
}

/** Has the daemon write what it still has of the apps. */
async function flush(
  connection: DaemonConnection | undefined,
  registered: readonly AppStatus[],
  apps: readonly string[],
): Promise<void> {
  const written = registered.filter(({name}) => apps.includes(name));
  await Promise.all(written.map(({name}) => connection?.client.call('logs', {name, count: 0, follow: false})));
}

/** How often one looks whether there is a daemon again, or an app. */
const RETRY_MS = 500;

/** Resolves when the app is removed, or the signal aborts. Where there is no app or no daemon, it waits for one. */
async function untilRemoved(app: string, daemon: DaemonLink, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const connection = await daemon.find();
    try {
      if (connection) return void (await connection.client.call('untilRemoved', {name: app}));
    } catch (error) {
      if (!['DAEMON_LOST', 'NO_SUCH_APP'].includes(errorCode(error) ?? '')) throw error;
    }
    await systemClock.sleep(RETRY_MS, signal).catch(() => undefined);
  }
}

/** The way to the daemon, whichever there is. */
type DaemonLink = {
  /** Undefined when none runs. */
  find(): Promise<DaemonConnection | undefined>;
  close(): void;
};

function createDaemonLink({files, version}: Context): DaemonLink {
  let current: Promise<DaemonConnection | undefined> | undefined;
  const forget = (): void => {
    current = undefined;
  };
  const connect = async (): Promise<DaemonConnection | undefined> => {
    const found = await findDaemon(files, version);
    if (found) void found.client.closed.then(forget);
    else forget();
    return found;
  };
  return {
    find: () => (current ??= connect()),
    close: () => void current?.then(connection => connection?.client.close()),
  };
}
