import {Buffer} from 'node:buffer';
import {tako} from '../tako.js';
import {
  type AppSocket,
  CLOSE,
  DEFAULT_MAX_PAYLOAD_LENGTH,
  isCloseCode,
  OPEN,
  type WebSocketHandlers,
} from '../websocket/handlers.js';

/** The WebSocket of browsers, which is Deno's. */
export type NativeSocket = {
  binaryType: string;
  readonly readyState: number;
  readonly bufferedAmount: number;
  send(message: string | Uint8Array | ArrayBuffer): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: string, listener: (event: NativeEvent) => void): void;
};

type NativeEvent = {readonly data?: unknown; readonly code?: number; readonly reason?: string};

/** Makes of Deno's events the calls that an app's handlers know. */
export class DenoSocket<Data> implements AppSocket<Data> {
  data: Data;
  readonly #socket: NativeSocket;
  readonly #handlers: WebSocketHandlers<Data>;

  constructor(socket: NativeSocket, data: Data, handlers: WebSocketHandlers<Data>, onClosed: () => void) {
    this.data = data;
    this.#socket = socket;
    this.#handlers = handlers;
    socket.binaryType = 'arraybuffer';
    socket.addEventListener('open', () => this.#call(() => handlers.open?.(this)));
    socket.addEventListener('message', ({data: message}) => this.#onMessage(message));
    // Deno has no code for a client that went without a word.
    socket.addEventListener('close', ({code, reason = ''}) => {
      onClosed();
      this.#call(() => handlers.close?.(this, code || CLOSE.withoutHandshake, reason));
    });
    // A `close` follows.
    socket.addEventListener('error', () => {});
  }

  get readyState(): number {
    return this.#socket.readyState;
  }

  send(message: string | Uint8Array | ArrayBuffer): number {
    if (this.readyState !== OPEN) return 0;
    this.#socket.send(message);
    return lengthOf(message);
  }

  close(code: number = CLOSE.normal, reason = ''): void {
    if (!isCloseCode(code)) throw new RangeError(`${code} is not a code to close a WebSocket with`);
    this.#socket.close(code, reason);
  }

  terminate(): void {
    this.#socket.close();
  }

  getBufferedAmount(): number {
    return this.#socket.bufferedAmount;
  }

  #onMessage(message: unknown): void {
    const content = message instanceof ArrayBuffer ? new Uint8Array(message) : String(message);
    const isTooLong = lengthOf(content) > (this.#handlers.maxPayloadLength ?? DEFAULT_MAX_PAYLOAD_LENGTH);
    if (isTooLong) this.close(CLOSE.tooLong, 'message too long');
    else this.#call(() => this.#handlers.message(this, content));
  }

  #call(work: () => unknown): void {
    const fail = (error: unknown): void => {
      tako.logger.error('a WebSocket handler failed', {error});
      this.close(CLOSE.appFailed);
    };
    try {
      const result = work();
      if (result instanceof Promise) result.catch(fail);
    } catch (error) {
      fail(error);
    }
  }
}

const lengthOf = (message: string | Uint8Array | ArrayBuffer): number =>
  typeof message === 'string' ? Buffer.byteLength(message) : message.byteLength;
