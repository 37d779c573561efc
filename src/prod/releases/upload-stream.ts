// Files on their way to a server: one zstd stream of frames (upload-frames.ts) there, lines of JSON (upload-answers.ts)
// back. Both ends hold a few buffers, however large the files. What has arrived is kept object by object, so after a cut
// the client asks again what is missing and sends only that.
//
// The receiver trusts nothing: every size is announced before its bytes and limited, each alone and all together; the
// decompressor gets a window of 8 MiB at most, and runs no further than the frames are read.

import {Readable, type Writable} from 'node:stream';
import {pipeline} from 'node:stream/promises';
import {constants, createZstdCompress, createZstdDecompress} from 'node:zlib';
import {toProblem} from '../../control/protocol.js';
import {errorCode, TakoError} from '../../system/error.js';
import {createAnswerWriter, readAnswers} from './upload-answers.js';
import {END_OF_FRAMES, type FrameHead, readFrames, renderFrameHead, uploadCut, uploadInvalid} from './upload-frames.js';
import {RECEIVE_LIMITS, type ReceiveLimits, receiveFrames, type UploadReceiver} from './upload-receiver.js';

/** Something to send. `open` is called when its turn comes. */
export type UploadItem = FrameHead & {open(): AsyncIterable<Uint8Array>};

/** Both directions of a connection; a socket may be both. Neither is closed here, after an error neither is of use. */
export type UploadConnection = {readonly input: Readable; readonly output: Writable};

export type SendOptions = {
  readonly signal?: AbortSignal;
  /** Objects the server has kept so far. */
  readonly onReceived?: (count: number) => void;
  /** Bytes of files read, and bytes sent for them. */
  readonly onSent?: (bytes: {readonly read: number; readonly sent: number}) => void;
};

/** zstd's default: beyond it a laptop compresses slower than most lines send. */
const COMPRESSION_LEVEL = 3;
/** 8 MiB: RFC 8878, section 3.1.1.1.2, asks decoders for at least that, and level 3 uses 2 MiB. */
const MAX_WINDOW_LOG = 23;

/**
 * Sends everything and resolves with the count when the server has kept it all. Throws what the server had against it,
 * UPLOAD_SOURCE_CHANGED for a file that has not the size announced, UPLOAD_CUT when the connection ended.
 */
export async function sendUpload(
  items: Iterable<UploadItem> | AsyncIterable<UploadItem>,
  {input, output}: UploadConnection,
  {signal, onReceived = () => undefined, onSent = () => undefined}: SendOptions = {},
): Promise<number> {
  const stop = new AbortController();
  const signals = signal ? [stop.signal, signal] : [stop.signal];
  const answered = readAnswers(input, onReceived);
  const sending = sendFrames(items, output, AbortSignal.any(signals), onSent);
  try {
    // Of a connection that broke the answers may say why; what failed on this side they cannot.
    return await Promise.race([
      answered,
      sending.then(
        () => answered,
        error => (isOurs(error) ? Promise.reject(error) : answered),
      ),
    ]);
  } catch (error) {
    throw isOurs(error) ? error : uploadCut(error);
  } finally {
    stop.abort();
    await Promise.allSettled([sending]);
  }
}

const isOurs = (error: unknown): boolean => error instanceof TakoError || (error as Error).name === 'AbortError';

async function sendFrames(
  items: Iterable<UploadItem> | AsyncIterable<UploadItem>,
  output: Writable,
  signal: AbortSignal,
  onSent: (bytes: {readonly read: number; readonly sent: number}) => void,
): Promise<void> {
  let [read, sent] = [0, 0];
  const compress = createZstdCompress({params: {[constants.ZSTD_c_compressionLevel]: COMPRESSION_LEVEL}});
  const counted = async function* (chunks: AsyncIterable<Uint8Array>) {
    for await (const chunk of chunks) {
      read += chunk.byteLength;
      yield chunk;
    }
  };
  const report = async function* (chunks: AsyncIterable<Uint8Array>) {
    for await (const chunk of chunks) {
      sent += chunk.byteLength;
      onSent({read, sent});
      yield chunk;
    }
  };
  // Not ended: the answers come on the same connection.
  await pipeline(Readable.from(counted(frames(items)), {objectMode: false}), compress, report, output, {
    end: false,
    signal,
  });
}

async function* frames(items: Iterable<UploadItem> | AsyncIterable<UploadItem>): AsyncGenerator<Uint8Array> {
  for await (const item of items) {
    yield renderFrameHead(item);
    yield* exactly(item);
  }
  yield END_OF_FRAMES;
}

/** More or fewer bytes than announced would be read as the next frame. */
async function* exactly({open, size, sha256}: UploadItem): AsyncGenerator<Uint8Array> {
  let left = size;
  for await (const chunk of open()) {
    left -= chunk.byteLength;
    if (left < 0) throw sourceChanged(sha256);
    yield chunk;
  }
  if (left > 0) throw sourceChanged(sha256);
}

const sourceChanged = (sha256: string): TakoError =>
  new TakoError('UPLOAD_SOURCE_CHANGED', `a file changed while it was sent (${sha256.slice(0, 12)})`, {
    hint: 'deploy again when nothing writes into the project any more',
  });

/**
 * Receives one upload and answers it; the connection is for nothing else. Resolves with the count of what came when all
 * of it is kept. Throws UPLOAD_CUT, UPLOAD_INVALID, UPLOAD_TOO_LARGE, or what the receiver throws, and has told the sender; the
 * objects that came before are kept.
 */
export async function receiveUpload(
  {input, output}: UploadConnection,
  receiver: UploadReceiver,
  limits: ReceiveLimits = RECEIVE_LIMITS,
): Promise<number> {
  const answers = createAnswerWriter(output);
  const plain = decompress(input);
  try {
    const received = await receiveFrames(readFrames(plain.chunks), receiver, limits, answers.received);
    answers.last({done: true, received});
    return received;
  } catch (error) {
    const problem = explain(error);
    answers.last({problem: toProblem(problem)});
    throw problem;
  } finally {
    plain.close();
  }
}

type Plain = {readonly chunks: AsyncIterable<Uint8Array>; close(): void};

function decompress(input: Readable): Plain {
  const chunks = createZstdDecompress({params: {[constants.ZSTD_d_windowLogMax]: MAX_WINDOW_LOG}});
  const cut = (error?: Error): void => {
    if (!input.readableEnded) chunks.destroy(uploadCut(error));
  };
  input.on('error', cut).on('close', cut).pipe(chunks);
  if (input.destroyed) cut();
  return {
    chunks,
    close() {
      input.off('error', cut).off('close', cut).unpipe(chunks);
      chunks.destroy();
    },
  };
}

/** The decompressor's own errors: the end of its input before the end of what was compressed, or anything else. */
function explain(error: unknown): unknown {
  const code = errorCode(error) ?? '';
  if (code === 'Z_BUF_ERROR') return uploadCut(error);
  return code.startsWith('ZSTD_error') || code.startsWith('Z_')
    ? uploadInvalid('it is not what the compressor writes')
    : error;
}
