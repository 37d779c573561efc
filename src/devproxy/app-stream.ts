// Following one app over the control socket: its status whenever it changes and its log lines in order. It pulls from
// the log's own buffer at the speed of the client, so a slow terminal costs no memory; what the buffer dropped
// meanwhile is counted and said.

import type {AppEvent} from '../control/events.js';
import type {CallContext} from '../control/method.js';
import {createAppCursor} from './app-cursor.js';
import type {Apps} from './apps.js';
import {createBell} from './bell.js';

export type StreamOptions = {
  readonly name: string;
  /** The id of the last line the client has. */
  readonly after: number;
  readonly withStatus: boolean;
  readonly follow: boolean;
};

type FollowedApps = Pick<Apps, 'has' | 'status' | 'logs' | 'subscribe'>;

/** Sends until the client leaves or the app is removed; without `follow`, until what is there has been sent. */
export async function streamApp(
  apps: FollowedApps,
  {name, after, withStatus, follow}: StreamOptions,
  {signal, emit, drained}: CallContext<AppEvent>,
): Promise<void> {
  const bell = createBell();
  const cursor = createAppCursor(apps, {name, after, withStatus, onChange: bell.ring});
  const unsubscribe = apps.subscribe(name, bell.ring);
  try {
    while (!signal.aborted) {
      const {events, isOver} = cursor.read();
      for (const event of events) emit(event);
      await drained();
      if (isOver) return void emit({type: 'removed', app: name});
      if (!follow) return;
      await bell.wait(signal);
    }
  } finally {
    unsubscribe();
    cursor.close();
  }
}
