// Sends objects to a server and survives cuts. What has arrived whole stays there, so going on is asking again what is
// missing.

import type {ControlClient} from '../../control/client.js';
import type {ServerMethods} from '../../control/server-methods.js';
import {errorCode, TakoError} from '../../system/error.js';
import {sendUpload, type UploadItem} from '../releases/upload-stream.js';
import type {SshChannel} from './ssh.js';
import {isSshFailure, type SshEnd} from './ssh-error.js';

export type UploadProgress = {
  /** That the server lacked when the upload began, and of them those that it has now. */
  readonly totalObjects: number;
  readonly objects: number;
  readonly totalBytes: number;
  /** Of files read so far, and of the compressed stream sent for them; both start at 0 again after a cut. */
  readonly readBytes: number;
  readonly sentBytes: number;
};

export type UploadOptions = {
  /** The client of the connection as it is now. */
  readonly client: () => ControlClient<ServerMethods>;
  readonly open: () => SshChannel;
  /** Why a channel ended; undefined: well. */
  readonly explain: (end: SshEnd) => TakoError | undefined;
  readonly reconnect: () => Promise<void>;
  readonly onProgress?: (progress: UploadProgress) => void;
  readonly signal?: AbortSignal;
};

/** Tells the server that a channel carries an upload instead of calls. */
export const UPLOAD_HEAD = '{"upload": 1}\n';

/** Attempts in a row in which nothing arrived, before the cut is the user's to look into. */
const MAX_VAIN_ATTEMPTS = 3;

/** Resolves when the server has all of these. Throws what sendUpload does, and what reconnecting does. */
export async function uploadObjects(items: readonly UploadItem[], options: UploadOptions): Promise<void> {
  let missing = await retryWhenCut(options, () => findMissing(items, options.client()));
  const report = createReport(missing, options.onProgress);
  for (let vain = 0; missing.length > 0; ) {
    const before = missing.length;
    const cut = await send(missing, options, report);
    if (!cut) return report({left: 0});
    await options.reconnect();
    missing = await findMissing(missing, options.client());
    vain = missing.length < before ? 0 : vain + 1;
    if (vain >= MAX_VAIN_ATTEMPTS) throw cut;
  }
}

/** Calls once more, over a new connection, when the one there was is gone. */
async function retryWhenCut<T>({reconnect}: UploadOptions, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (errorCode(error) !== 'SERVER_LOST') throw error;
    await reconnect();
    return call();
  }
}

type Change = {readonly left?: number; readonly readBytes?: number; readonly sentBytes?: number};

function createReport(
  missing: readonly UploadItem[],
  onProgress: UploadOptions['onProgress'],
): (change: Change) => void {
  const totalBytes = missing.reduce((sum, {size}) => sum + size, 0);
  let progress: UploadProgress = {totalObjects: missing.length, objects: 0, totalBytes, readBytes: 0, sentBytes: 0};
  return ({left, ...bytes}) => {
    progress = {...progress, ...bytes, ...(left === undefined ? {} : {objects: missing.length - left})};
    onProgress?.(progress);
  };
}

/** The most hashes that one call may name. */
const HASHES_PER_CALL = 10_000;

async function findMissing(
  items: readonly UploadItem[],
  client: ControlClient<ServerMethods>,
): Promise<readonly UploadItem[]> {
  const missing = new Set<string>();
  for (let start = 0; start < items.length; start += HASHES_PER_CALL) {
    const hashes = items.slice(start, start + HASHES_PER_CALL).map(({sha256}) => sha256);
    for (const hash of (await client.call('missing', {hashes})).missing) missing.add(hash);
  }
  return items.filter(({sha256}) => missing.has(sha256));
}

/** One attempt. Answers the cut that ended it; throws what another attempt would not mend. */
async function send(
  items: readonly UploadItem[],
  {open, explain, signal}: UploadOptions,
  report: (change: Change) => void,
): Promise<TakoError | undefined> {
  const {stream, ended} = open();
  stream.on('error', () => undefined);
  stream.write(UPLOAD_HEAD);
  try {
    await sendUpload(
      items,
      {input: stream, output: stream},
      {
        ...(signal ? {signal} : {}),
        onReceived: count => report({left: items.length - count}),
        onSent: ({read, sent}) => report({readBytes: read, sentBytes: sent}),
      },
    );
    return undefined;
  } catch (error) {
    if (!(error instanceof TakoError) || error.code !== 'UPLOAD_CUT') throw error;
    stream.destroy();
    return judgeCut(error, await ended, explain);
  } finally {
    stream.destroy();
  }
}

/** A server that is down or gone says so itself; a line that was cut is another attempt's. */
function judgeCut(cut: TakoError, end: SshEnd, explain: UploadOptions['explain']): TakoError {
  const cause = explain(end);
  if (cause && !isSshFailure(end)) throw cause;
  return cause ?? cut;
}
