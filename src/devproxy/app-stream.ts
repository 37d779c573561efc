// Following one app over the control socket: its status whenever it changes and its log lines in order. It pulls from
// the log's own buffer at the speed of the client, so a slow terminal costs no memory; what the buffer dropped
// meanwhile is counted and said. A terminal that was there before this daemon gets what it missed from disk first.

import type {AppEvent} from '../control/events.js';
import type {CallContext} from '../control/method.js';
import {type AppCursor, createAppCursor} from './app-cursor.js';
import type {AppLogs} from './app-logs.js';
import type {Apps} from './apps.js';
import {createBell} from './bell.js';
import {sendMissed} from './missed-lines.js';

export type StreamOptions = {
  readonly name: string;
  /** The id of the last line the client has; 0: it has none, and those before this daemon are not for it. */
  readonly after: number;
};

export type FollowedApps = {
  readonly apps: Pick<Apps, 'has' | 'status' | 'logs' | 'subscribe'>;
  readonly logs: Pick<AppLogs, 'read'>;
};

/** Sends until the client leaves or the app is removed. */
export async function streamApp(
  {apps, logs}: FollowedApps,
  {name, after}: StreamOptions,
  context: CallContext<AppEvent>,
): Promise<void> {
  const {signal, emit, drained} = context;
  const bell = createBell();
  let cursor: AppCursor | undefined;
  const unsubscribe = apps.subscribe(name, () => {
    cursor?.touch();
    bell.ring();
  });
  try {
    const known = await sendMissed(after, {name, buffer: apps.logs(name), logs, context});
    cursor = createAppCursor(apps, {name, after: known, onLine: bell.ring});
    while (!signal.aborted) {
      const {events, isOver} = cursor.read();
      for (const event of events) emit(event);
      await drained();
      if (isOver) return void emit({type: 'removed', app: name});
      await bell.wait(signal);
    }
  } finally {
    unsubscribe();
    cursor?.close();
  }
}
