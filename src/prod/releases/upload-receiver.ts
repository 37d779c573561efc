import {TakoError} from '../../system/error.js';
import {MAX_MANIFEST_BYTES} from './parse-manifest.js';
import {sha256Of} from './sha256.js';
import {type Frame, type FrameHead, uploadInvalid} from './upload-frames.js';

/** Where received things go. What a method throws ends the upload. */
export type UploadReceiver = {
  /** Objects are given beside each other. */
  object(
    content: AsyncIterable<Uint8Array>,
    object: {readonly sha256: string; readonly size: number; readonly isExecutable: boolean},
  ): Promise<void>;
  /** Bytes that have the hash announced, but nothing else is known of them. */
  manifest(bytes: Buffer): Promise<void>;
  /** As `manifest`, of a patch of one. */
  patch(bytes: Buffer): Promise<void>;
};

export type ReceiveLimits = {
  /** One object. */
  readonly objectBytes: number;
  /** All that is announced in one upload. */
  readonly totalBytes: number;
  readonly frames: number;
};

/** Larger than any app; whether the disk has room is asked for every object beside that. */
export const RECEIVE_LIMITS: ReceiveLimits = {
  objectBytes: 8 * 1024 ** 3,
  totalBytes: 64 * 1024 ** 3,
  frames: 1_000_000,
};

/** What is put beside others is held in memory, so it is small: 16 times this. */
const SMALL_BYTES = 64 * 1024;
/** A sync takes milliseconds, in which others can be written. */
const AT_ONCE = 16;

/** Gives each frame to the receiver. Resolves with their count when the last one is kept; `onReceived` counts on the way. */
export async function receiveFrames(
  frames: AsyncIterable<Frame>,
  receiver: UploadReceiver,
  limits: ReceiveLimits,
  onReceived: (count: number) => void,
): Promise<number> {
  let received = 0;
  const pool = createPool(AT_ONCE);
  const ensureWithin = createLimiter(limits);
  const kept = (): void => onReceived(++received);
  try {
    for await (const {head, content} of frames) {
      ensureWithin(head);
      const keep = await prepareToKeep(head, content, receiver);
      await pool.add(() => keep().then(kept));
      if (head.size > SMALL_BYTES) await pool.settle();
    }
  } finally {
    await pool.settle();
  }
  return received;
}

function createLimiter({objectBytes, totalBytes, frames}: ReceiveLimits): (head: FrameHead) => void {
  let [count, bytes] = [0, 0];
  return ({kind, size}) => {
    count += 1;
    bytes += size;
    const isFile = kind === 'file' || kind === 'executable';
    if (count > frames) throw tooLarge(`more than ${frames} files`);
    if (size > (isFile ? objectBytes : MAX_MANIFEST_BYTES)) throw tooLarge(`${size} bytes in one ${kind}`);
    if (bytes > totalBytes) throw tooLarge(`more than ${totalBytes} bytes`);
  };
}

/** Reads what is small, so that the next frame can be read while this one is written. */
async function prepareToKeep(
  {sha256, kind, size}: FrameHead,
  content: AsyncIterable<Uint8Array>,
  receiver: UploadReceiver,
): Promise<() => Promise<void>> {
  if (kind === 'file' || kind === 'executable') {
    const object = {sha256, size, isExecutable: kind === 'executable'};
    const source = size > SMALL_BYTES ? content : inChunks(await readAll(content));
    return () => receiver.object(source, object);
  }
  const bytes = await readAll(content);
  if (sha256Of(bytes) !== sha256) throw uploadInvalid(`a ${kind} has another hash than announced`);
  return () => receiver[kind](bytes);
}

async function readAll(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of content) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function* inChunks(bytes: Buffer): AsyncGenerator<Uint8Array> {
  yield bytes;
}

type Pool = {
  /** Begins the work once there is a place for it. Throws what earlier work threw. */
  add(work: () => Promise<void>): Promise<void>;
  /** When all is over. Throws the first failure. */
  settle(): Promise<void>;
};

function createPool(places: number): Pool {
  const working = new Set<Promise<void>>();
  const failures: unknown[] = [];
  const throwFailure = (): void => {
    if (failures.length > 0) throw failures[0];
  };
  return {
    async add(work) {
      while (working.size >= places) await Promise.race(working);
      throwFailure();
      const done: Promise<void> = work()
        .catch(error => void failures.push(error))
        .finally(() => working.delete(done));
      working.add(done);
    },
    async settle() {
      await Promise.all(working);
      throwFailure();
    },
  };
}

const tooLarge = (what: string): TakoError =>
  new TakoError('UPLOAD_TOO_LARGE', `the upload is larger than a server takes: ${what}`, {
    hint: 'leave out what the app does not need to run',
  });
