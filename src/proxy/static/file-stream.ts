// Sends a file as the answer of a request: it is read no faster than its client takes it, and is closed when the client
// leaves.

import {constants} from 'node:fs';
import {type FileHandle, open} from 'node:fs/promises';
import {errorCode} from '../../system/error.js';
import {LocalStream} from '../local-stream.js';
import {UpstreamError, type UpstreamReceiver} from '../upstream.js';
import type {UpstreamRequest} from '../upstream-request.js';
import type {FileAnswer} from './file-answer.js';
import type {IndexedFile} from './file-index.js';

/** Read at once, and all that is kept for a request beside what its socket holds: as much as the engine reads at once. */
const CHUNK_BYTES = 65_536;

/** The last name is no link, as it was resolved before; and no pipe that was put there keeps us waiting. */
const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

export type FileStreamOptions = {
  readonly receiver: UpstreamReceiver;
  readonly decide: (request: UpstreamRequest) => FileAnswer;
  /** Answers when the file is not the one of the index any more. */
  readonly answerGone: () => void;
};

export class FileStream extends LocalStream {
  readonly #receiver: UpstreamReceiver;
  readonly #decide: FileStreamOptions['decide'];
  readonly #answerGone: () => void;

  constructor({receiver, decide, answerGone}: FileStreamOptions) {
    super();
    this.#receiver = receiver;
    this.#decide = decide;
    this.#answerGone = answerGone;
  }

  sendHead(request: UpstreamRequest): void {
    void this.#answer(this.#decide(request));
  }

  async #answer({head, contentLength, body}: FileAnswer): Promise<void> {
    let handle: FileHandle | undefined;
    try {
      // Never within `sendHead`: whoever calls that is not done with the request.
      handle = await (body && openIndexed(body.file));
      if (this.isOver) return;
      if (body !== undefined && handle === undefined) {
        this.#answerGone();
        return;
      }
      this.#receiver.onHead(head, contentLength);
      if (body !== undefined && handle !== undefined) await this.#send(handle, body.start, body.end);
      if (!this.isOver) this.#receiver.onEnd(undefined);
    } catch (error) {
      if (!this.isOver) this.#receiver.onUpstreamError(readError(error));
    } finally {
      // It was only read: there is nothing that closing could lose.
      await handle?.close().catch(() => undefined);
    }
  }

  async #send(handle: FileHandle, start: number, end: number): Promise<void> {
    let position = start;
    while (position < end && !this.isOver) {
      // One that was sent may still wait to go out, so each is read into a buffer of its own.
      const buffer = Buffer.allocUnsafeSlow(Math.min(CHUNK_BYTES, end - position));
      const {bytesRead} = await handle.read(buffer, 0, buffer.length, position);
      if (this.isOver) return;
      if (bytesRead === 0) throw new Error('the file is shorter than it was');
      position += bytesRead;
      this.#receiver.onData(buffer.subarray(0, bytesRead));
      if (position < end) this.#receiver.onPause();
      await this.drained();
    }
  }
}

/** Opens the very file that was found in the folder; undefined where there is another one now, or none. */
async function openIndexed({file, device, inode, size, modifiedMs}: IndexedFile): Promise<FileHandle | undefined> {
  let handle: FileHandle;
  try {
    handle = await open(file, OPEN_FLAGS);
  } catch (error) {
    if (MEANS_GONE.has(errorCode(error) ?? '')) return undefined;
    throw error;
  }
  try {
    const info = await handle.stat();
    const isSame = info.dev === device && info.ino === inode && info.isFile();
    if (isSame && info.size === size && Math.floor(info.mtimeMs) === modifiedMs) return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
  await handle.close();
  return undefined;
}

const MEANS_GONE = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO', 'EACCES', 'EISDIR']);

/** Nothing is to be tried again: what fails here, fails for any client. */
const readError = (cause: unknown): UpstreamError =>
  new UpstreamError('closed', `a file cannot be read (${errorCode(cause) ?? 'it changed'})`, 'answered', cause);
