// Following one app over the control socket: its status whenever it changes and its log lines in order. It pulls from
// the log's own buffer at the speed of the client, so a slow terminal costs no memory; what the buffer dropped
// meanwhile is counted and said.

import type {AppEvent} from '../control/events.js';
import type {CallContext} from '../control/method.js';
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
  options: StreamOptions,
  context: CallContext<AppEvent>,
): Promise<void> {
  const {name, follow, withStatus} = options;
  const {signal, emit, drained} = context;
  const logs = apps.logs(name);
  const bell = createBell();
  const unsubscribe = [apps.subscribe(name, bell.ring), logs.subscribe(bell.ring)];
  let {after} = options;
  let lastStatus = '';
  try {
    while (!signal.aborted) {
      // Looked at before the log is: what was said until then is still sent.
      const isThere = apps.has(name);
      if (isThere && withStatus) {
        const status = apps.status(name);
        const text = JSON.stringify(status);
        if (text !== lastStatus) emit({type: 'status', status});
        lastStatus = text;
      }
      const {lines} = logs.since(after);
      const skipped = (lines[0]?.id ?? after + 1) - after - 1;
      if (skipped > 0 && after > 0) emit({type: 'skipped', app: name, count: skipped});
      for (const line of lines) emit({type: 'log', app: name, line});
      after = lines.at(-1)?.id ?? after;
      await drained();
      if (!isThere) return void emit({type: 'removed', app: name});
      if (!follow) return;
      await bell.wait(signal);
    }
  } finally {
    for (const stop of unsubscribe) stop();
  }
}
