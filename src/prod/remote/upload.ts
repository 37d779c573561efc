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
  /** Of files read so far, without those that a cut has lost. */
  readonly readBytes: number;
  /** Of the compressed stream; it starts at 0 again after a cut. */
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
  const report = createReport(missing, options.onProgress ?? (() => undefined));
  for (let vain = 0; missing.length > 0; ) {
    const before = missing.length;
    const cut = await send(missing, options, report);
    if (!cut) break;
    await options.reconnect();
    missing = await findMissing(missing, options.client());
    vain = missing.length < before ? 0 : vain + 1;
    if (vain >= MAX_VAIN_ATTEMPTS) throw cut;
  }
  report.end();
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

/** What is left of the attempt that is under way, and what it has sent. */
type Change = {readonly left: number} | {readonly leftBytes: number; readonly sentBytes: number};

type Report = {tell(change: Change): void /** Everything is there. */; end(): void};

/** Reports every change, and the end once. Nothing to send is nothing to report. */
function createReport(missing: readonly UploadItem[], onProgress: (progress: UploadProgress) => void): Report {
  const [totalObjects, totalBytes] = [missing.length, bytesOf(missing)];
  let progress: UploadProgress = {totalObjects, totalBytes, objects: 0, readBytes: 0, sentBytes: 0};
  return {
    tell(change) {
      progress =
        'left' in change
          ? {...progress, objects: totalObjects - change.left}
          : {...progress, readBytes: totalBytes - change.leftBytes, sentBytes: change.sentBytes};
      // That all has arrived is over only when the server has said so.
      if (progress.objects < totalObjects) onProgress(progress);
    },
    end() {
      if (totalObjects > 0) onProgress({...progress, objects: totalObjects, readBytes: totalBytes});
    },
  };
}

const bytesOf = (items: readonly UploadItem[]): number => items.reduce((sum, {size}) => sum + size, 0);

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
  report: Report,
): Promise<TakoError | undefined> {
  const {stream, ended} = open();
  const totalBytes = bytesOf(items);
  stream.on('error', () => undefined);
  stream.write(UPLOAD_HEAD);
  try {
    await sendUpload(
      items,
      {input: stream, output: stream},
      {
        ...(signal ? {signal} : {}),
        onReceived: count => report.tell({left: items.length - count}),
        // What is read has the heads of frames in it.
        onSent: ({read, sent}) => report.tell({leftBytes: Math.max(0, totalBytes - read), sentBytes: sent}),
      },
    );
    return undefined;
  } catch (error) {
    signal?.throwIfAborted();
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
