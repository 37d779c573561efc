// One WebSocket on a socket of Node. Messages are handed on in the turn in which they come, so nothing is kept but a
// message that is not complete: who sends faster than the app works is held up by TCP itself.

import type {Duplex} from 'node:stream';
import {FrameError, OPCODE} from './frame-reader.js';
import {renderClose, renderFrame} from './frame-writer.js';
import {
  type AppSocket,
  CLOSE,
  CLOSED,
  CLOSING,
  DEFAULT_MAX_PAYLOAD_LENGTH,
  isCloseCode,
  OPEN,
  type WebSocketHandlers,
} from './handlers.js';
import {createMessageReader, type Incoming, type MessageReader} from './message-reader.js';

/** How long the other side may take to answer our close, before the connection is cut. */
const CLOSE_TIMEOUT_MS = 3_000;

export type ConnectionOptions<Data> = {
  readonly socket: Duplex;
  readonly data: Data;
  readonly handlers: WebSocketHandlers<Data>;
  /** Told of what a handler throws; the socket is closed with 1011 then. */
  readonly onError: (error: unknown) => void;
};

export class WebSocketConnection<Data> implements AppSocket<Data> {
  data: Data;
  /** Resolves when the connection has ended and `close` has been called. */
  readonly closed: Promise<void>;
  readonly #socket: Duplex;
  readonly #handlers: WebSocketHandlers<Data>;
  readonly #onError: (error: unknown) => void;
  readonly #reader: MessageReader;
  #readyState = OPEN;
  /** Something waits in memory, and `drain` is to be called. */
  #isWaiting = false;
  /** With what it is closed first, by either side. */
  #end: {readonly code: number; readonly reason: string} = {code: CLOSE.withoutHandshake, reason: ''};
  #timer: NodeJS.Timeout | undefined;

  constructor({socket, data, handlers, onError}: ConnectionOptions<Data>) {
    this.data = data;
    this.#socket = socket;
    this.#handlers = handlers;
    this.#onError = onError;
    this.#reader = createMessageReader(handlers.maxPayloadLength ?? DEFAULT_MAX_PAYLOAD_LENGTH);
    this.closed = new Promise(resolve => {
      socket.once('close', () => {
        this.#onClosed();
        resolve();
      });
    });
    socket.on('error', () => socket.destroy());
    // The client says nothing more; without a closing frame it is gone.
    socket.once('end', () => socket.end());
    socket.on('drain', () => this.#onDrain());
  }

  /** Calls `open` and begins to read; `head` is what has been read already. */
  start(head: Buffer): void {
    this.#call(() => this.#handlers.open?.(this));
    this.#socket.on('data', this.#read);
    if (head.length > 0) this.#read(head);
  }

  get readyState(): number {
    return this.#readyState;
  }

  send(message: string | Uint8Array | ArrayBuffer): number {
    if (this.#readyState !== OPEN) return 0;
    const payload = bytesOf(message);
    const isSent = this.#socket.write(renderFrame(typeof message === 'string' ? OPCODE.text : OPCODE.binary, payload));
    this.#isWaiting ||= !isSent;
    return isSent ? payload.length : -1;
  }

  close(code: number = CLOSE.normal, reason = ''): void {
    if (!isCloseCode(code)) throw new RangeError(`${code} is not a code to close a WebSocket with`);
    this.#beginClose(code, reason);
  }

  terminate(): void {
    this.#socket.destroy();
  }

  getBufferedAmount(): number {
    return this.#socket.writableLength;
  }

  readonly #read = (bytes: Buffer): void => {
    try {
      for (const incoming of this.#reader.read(bytes)) this.#take(incoming);
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      // What follows cannot be understood any more.
      this.#socket.off('data', this.#read).resume();
      this.#beginClose(error.code, error.message);
      this.#socket.end();
    }
  };

  #take(incoming: Incoming): void {
    if (incoming.type === 'close') this.#answerClose(incoming);
    else if (this.#readyState !== OPEN) return;
    else if (incoming.type === 'ping') this.#socket.write(renderFrame(OPCODE.pong, incoming.payload));
    else this.#call(() => this.#handlers.message(this, incoming.message));
  }

  #answerClose({code, reason}: Extract<Incoming, {type: 'close'}>): void {
    if (this.#readyState === OPEN) this.#end = {code, reason};
    this.#beginClose(code, '');
    // The server ends the connection first: RFC 6455, section 7.1.1.
    this.#socket.end();
  }

  #beginClose(code: number, reason: string): void {
    if (this.#readyState !== OPEN) return;
    this.#readyState = CLOSING;
    if (this.#end.code === CLOSE.withoutHandshake) this.#end = {code, reason};
    this.#socket.write(renderClose(code, reason));
    this.#timer = setTimeout(() => this.#socket.destroy(), CLOSE_TIMEOUT_MS);
  }

  #onDrain(): void {
    if (!this.#isWaiting) return;
    this.#isWaiting = false;
    this.#call(() => this.#handlers.drain?.(this));
  }

  #onClosed(): void {
    this.#readyState = CLOSED;
    clearTimeout(this.#timer);
    const {code, reason} = this.#end;
    this.#call(() => this.#handlers.close?.(this, code, reason));
  }

  /** Runs a handler of the app, which may be async. What it throws does not end the process. */
  #call(work: () => unknown): void {
    try {
      const result = work();
      if (result instanceof Promise) result.catch(error => this.#fail(error));
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.#onError(error);
    this.#beginClose(CLOSE.appFailed, '');
  }
}

function bytesOf(message: string | Uint8Array | ArrayBuffer): Uint8Array {
  if (typeof message === 'string') return Buffer.from(message);
  return message instanceof ArrayBuffer ? new Uint8Array(message) : message;
}
