// All that happens, for programs that look on: every app, also those to come, and their requests. As with one app, it
// pulls at the speed of the client. Who only looks on is no user of an app: it may go to sleep meanwhile.

import type {CallContext} from '../control/method.js';
import type {DaemonEvent, DaemonEventType, EventsQuery, Registration} from '../control/protocol.js';
import {type AppCursor, createAppCursor} from './app-cursor.js';
import type {AppLogs} from './app-logs.js';
import type {Apps} from './apps.js';
import {createBell} from './bell.js';
import type {Inspector} from './inspector/inspector.js';
import {streamExchanges} from './inspector/stream-exchanges.js';
import {sendMissed} from './missed-lines.js';

type WatchedApps = Pick<Apps, 'has' | 'status' | 'logs' | 'watch'> & {
  registrations(): readonly Pick<Registration, 'name'>[];
};

type WatchedRequests = Pick<Inspector, 'list' | 'subscribe'>;

/** What there is to look at. */
type Watched = {
  readonly apps: WatchedApps;
  readonly logs: Pick<AppLogs, 'read'>;
  readonly inspector: WatchedRequests;
};

/** Sends until the client leaves. */
export async function streamEvents(
  {apps, logs, inspector}: Watched,
  query: EventsQuery,
  context: CallContext<DaemonEvent>,
): Promise<void> {
  const requests = wants(query, 'request') ? streamRequests(inspector, query, context) : undefined;
  await Promise.all([requests, streamApps({apps, logs}, query, context)]);
}

const wants = ({types}: EventsQuery, type: DaemonEventType): boolean => types?.includes(type) ?? true;

/** Each app by itself, where some are asked for: what is skipped of one is no matter of another. */
async function streamRequests(
  inspector: WatchedRequests,
  {apps, since}: EventsQuery,
  context: CallContext<DaemonEvent>,
): Promise<void> {
  const emit = (event: DaemonEvent): boolean =>
    event.type === 'request' && event.exchange.time < since ? true : context.emit(event);
  const queries = apps?.map(app => ({app})) ?? [{}];
  const all = {count: Number.MAX_SAFE_INTEGER, follow: true};
  await Promise.all(queries.map(query => streamExchanges(inspector, {query, ...all}, {...context, emit})));
}

async function streamApps(
  {apps, logs}: Pick<Watched, 'apps' | 'logs'>,
  query: EventsQuery,
  context: CallContext<DaemonEvent>,
): Promise<void> {
  const {signal, emit, drained} = context;
  const bell = createBell();
  const cursors = new Map<string, AppCursor>();
  const known = new Map(Object.entries(query.after));
  const changed = new Set(apps.registrations().map(({name}) => name));
  const onLine = (name: string): void => {
    changed.add(name);
    bell.ring();
  };
  const onChange = (name: string): void => {
    cursors.get(name)?.touch();
    onLine(name);
  };
  const open = async (name: string): Promise<AppCursor> => {
    const what = {withStatus: wants(query, 'status'), withLogs: wants(query, 'log')};
    const before = known.get(name) ?? 0;
    const after = what.withLogs ? await sendMissed(before, {name, buffer: apps.logs(name), logs, context}) : 0;
    return createAppCursor(apps, {name, after, since: query.since, ...what, onLine: () => onLine(name)});
  };
  const unwatch = apps.watch(onChange);

  /** One of the same name may be there again: what it says is new. */
  function forget(name: string): void {
    cursors.get(name)?.close();
    cursors.delete(name);
    if (wants(query, 'status')) emit({type: 'removed', app: name});
    if (apps.has(name)) onChange(name);
  }

  async function send(name: string): Promise<void> {
    if (query.apps?.includes(name) === false || !(cursors.has(name) || apps.has(name))) return;
    const cursor = cursors.get(name) ?? (await open(name));
    cursors.set(name, cursor);
    const {events, isOver} = cursor.read();
    for (const event of events) {
      if (event.type === 'log') known.set(name, event.line.id);
      emit(event);
    }
    if (isOver) forget(name);
  }

  try {
    while (!signal.aborted) {
      for (const name of changed) {
        changed.delete(name);
        await send(name);
        await drained();
        if (signal.aborted) return;
      }
      await bell.wait(signal);
    }
  } finally {
    unwatch();
    for (const cursor of cursors.values()) cursor.close();
  }
}
