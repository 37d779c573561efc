// Following one app over the control socket: its status whenever it changes and its log lines in order. It pulls from
// the log's own buffer at the speed of the client, so a slow terminal costs no memory; what the buffer dropped
// meanwhile is counted and said. A terminal that was there before this daemon gets what it missed from disk first.

import type {AppEvent} from '../control/events.js';
import type {CallContext} from '../control/method.js';
import type {LogBuffer} from '../supervisor/log-buffer.js';
import type {AppLogs} from './app-logs.js';
import type {Apps} from './apps.js';
import {createBell} from './bell.js';
import {lineOf} from './log-stream.js';

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
  {name, after: before}: StreamOptions,
  context: CallContext<AppEvent>,
): Promise<void> {
  const {signal, emit, drained} = context;
  const buffer = apps.logs(name);
  const bell = createBell();
  let isChanged = true;
  const onChange = (): void => {
    isChanged = true;
    bell.ring();
  };
  const unsubscribe = [apps.subscribe(name, onChange), buffer.subscribe(bell.ring)];
  let lastStatus = '';
  const sendStatus = (): void => {
    const status = apps.status(name);
    const text = JSON.stringify(status);
    if (text !== lastStatus) emit({type: 'status', status});
    lastStatus = text;
  };
  try {
    let after = await sendMissed(before, {name, buffer, logs, context});
    while (!signal.aborted) {
      // Looked at before the log is: what was said until then is still sent.
      const isThere = apps.has(name);
      if (isThere && isChanged) {
        isChanged = false;
        sendStatus();
      }
      const {lines} = buffer.since(after);
      const skipped = (lines[0]?.id ?? after + 1) - after - 1;
      if (skipped > 0 && after > 0 && after >= buffer.firstId - 1) emit({type: 'skipped', app: name, count: skipped});
      for (const line of lines) emit({type: 'log', app: name, line});
      after = lines.at(-1)?.id ?? after;
      await drained();
      if (!isThere) return void emit({type: 'removed', app: name});
      await bell.wait(signal);
    }
  } finally {
    for (const stop of unsubscribe) stop();
  }
}

/** What was said behind that line and before this daemon was there. Returns the id behind which to go on. */
async function sendMissed(after: number, {name, buffer, logs, context}: Missing): Promise<number> {
  const {emit, drained, signal} = context;
  const {firstId, lastId} = buffer;
  // Of a log that is not the one that the client knows.
  if (after > lastId) return 0;
  if (after === 0 || after >= firstId - 1) return after;
  for await (const record of logs.read(name, {after, signal, where: ({id}) => id < firstId})) {
    if (!emit({type: 'log', app: name, line: lineOf(record)})) await drained();
  }
  return firstId - 1;
}

type Missing = {
  readonly name: string;
  readonly buffer: LogBuffer;
  readonly logs: FollowedApps['logs'];
  readonly context: CallContext<AppEvent>;
};
