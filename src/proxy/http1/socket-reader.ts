// Reading from a socket by the shortest way.
//
// Through the stream, each read makes a buffer of its own, goes through the stream's state machine and leaves a turn of
// the tick queue behind. Here all sockets read into one buffer, and what came is handed on at once: a relay on sockets
// read like this needs a tenth less processor time (bench/README.md).
//
// The handle is no public interface of Node. It is used only where it looks as expected; otherwise the stream is read.

import type {Socket} from 'node:net';
import {SHARED_BUFFER} from '../shared-buffer.js';

/** What is used of a socket's handle. */
type Handle = {
  useUserBuffer(buffer: Buffer): void;
  /** Called by Node with what was read; what is there at first is Node's own reader. */
  onread: OnRead;
  /** Whether the stream believes that it reads. */
  reading: boolean;
  readonly bytesRead: number;
  readStart(): number;
  readStop(): number;
  [READER]?: SocketReader;
};

type OnRead = (this: Handle, bytes?: ArrayBuffer) => void;

const READER = Symbol('reader of the handle');

/** Setting TAKO_DIRECT_READS=0 makes every read take the stream. */
const isAllowed = process.env.TAKO_DIRECT_READS !== '0';

/** Told of what a socket read. The bytes are valid during the call only; `keepable` gives others. */
export type ReadListener = {receive(bytes: Buffer): void};

export class SocketReader {
  readonly #socket: Socket;
  #listener: ReadListener;
  /** Undefined when the stream is read. */
  readonly #handle: Handle | undefined;
  readonly #readByNode: OnRead | undefined;
  #bytesRead = 0;
  #isPaused = false;

  /** From now on the listener is told of what comes, and the socket's `end` is emitted when it has come. */
  constructor(socket: Socket, listener: ReadListener) {
    this.#socket = socket;
    this.#listener = listener;
    (socket as {[READER]?: SocketReader})[READER] = this;
    const handle = findHandle(socket);
    if (handle === undefined) {
      socket.on('data', onData.bind(this));
    } else {
      this.#handle = handle;
      this.#readByNode = handle.onread;
      this.#bytesRead = handle.bytesRead;
      handle[READER] = this;
      // biome-ignore lint/correctness/useHookAtTopLevel: it is no hook of React.
      handle.useUserBuffer(SHARED_BUFFER);
      handle.onread = onRead;
    }
    // What ends the stream takes the stream in any case.
    socket.resume();
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** What is on its way already is received all the same. */
  pause(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    if (this.#handle === undefined) this.#socket.pause();
    else if (!this.#socket.destroyed) this.#handle.readStop();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    if (this.#handle === undefined) this.#socket.resume();
    else if (!this.#socket.destroyed) this.#handle.readStart();
  }

  /** From now on another listener is told. */
  handTo(listener: ReadListener): void {
    this.#listener = listener;
    this.resume();
  }

  /** Takes what the stream gives. */
  pass(bytes: Buffer): void {
    this.#listener.receive(bytes);
  }

  /** Takes what the handle read. */
  read(handle: Handle, bytes: ArrayBuffer | undefined): void {
    const length = handle.bytesRead - this.#bytesRead;
    // Node's own reader knows what an end or an error means for the socket.
    if (length <= 0) {
      this.#readByNode?.call(handle, bytes);
      return;
    }
    this.#bytesRead += length;
    if (this.#socket.destroyed) return;
    this.#listener.receive(SHARED_BUFFER.subarray(0, length));
  }
}

function onData(this: SocketReader, bytes: Buffer): void {
  this.pass(bytes);
}

function onRead(this: Handle, bytes?: ArrayBuffer): void {
  this[READER]?.read(this, bytes);
}

/** The reader of a socket: the one that it has, for another listener, or a new one. */
export function readFrom(socket: Socket, listener: ReadListener): SocketReader {
  const reader = (socket as {[READER]?: SocketReader})[READER];
  reader?.handTo(listener);
  return reader ?? new SocketReader(socket, listener);
}

/** The socket's handle, when it can be read past the stream. */
function findHandle(socket: Socket): Handle | undefined {
  const handle = (socket as {_handle?: Partial<Handle> | null})._handle;
  const isUsable =
    isAllowed &&
    socket.readableLength === 0 &&
    handle?.useUserBuffer !== undefined &&
    handle.onread !== undefined &&
    handle.bytesRead !== undefined &&
    handle.readStart !== undefined &&
    handle.readStop !== undefined;
  return isUsable ? (handle as Handle) : undefined;
}
