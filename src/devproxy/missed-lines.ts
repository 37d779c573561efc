import type {AppEvent} from '../control/events.js';
import type {CallContext} from '../control/method.js';
import type {LogBuffer} from '../supervisor/log-buffer.js';
import type {AppLogs} from './app-logs.js';
import {sendRecords} from './log-stream.js';

type Missing = {
  readonly name: string;
  readonly buffer: LogBuffer;
  readonly logs: Pick<AppLogs, 'read'>;
  readonly context: CallContext<AppEvent>;
};

/** Sends what was said behind that line and before this daemon was there. Returns the id behind which to go on. */
export async function sendMissed(after: number, {name, buffer, logs, context}: Missing): Promise<number> {
  const {firstId, lastId} = buffer;
  // Of a log that is not the one that the client knows.
  if (after > lastId) return 0;
  if (after === 0 || after >= firstId - 1) return after;
  const {signal} = context;
  await sendRecords(logs.read(name, {after, signal, where: ({id}) => id < firstId}), name, context);
  return firstId - 1;
}
