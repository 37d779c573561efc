import {NOT_IN_TRAILERS} from '../field-kinds.js';
import type {HeaderFields} from '../header-fields.js';
import type {SocketWriter} from './socket-writer.js';

/** How a body is delimited on the wire: RFC 9112, section 6. */
export const NO_BODY = 0;
export const SIZED = 1;
export const CHUNKED = 2;
export const UNTIL_CLOSE = 3;
export type Framing = typeof NO_BODY | typeof SIZED | typeof CHUNKED | typeof UNTIL_CLOSE;

/** A chunk up to this size joins the text around it: one small write costs less than two joined by the system. */
const JOINED_BYTES = 2_048;

/**
 * Writes one message after the other to a socket. Text waits for the body that follows it, so that a small message is one
 * write; `flush` sends what waits.
 */
export class MessageWriter {
  readonly #output: SocketWriter;
  #waiting = '';
  #framing: Framing = NO_BODY;
  #remaining = 0;

  constructor(output: SocketWriter) {
    this.#output = output;
  }

  /** Starts a message: `head` with the empty line. `length` counts where the framing is SIZED. */
  start(head: string, framing: Framing, length: number): void {
    this.#waiting += head;
    this.#framing = framing;
    this.#remaining = length;
  }

  /** Writes a part of the body. False when the other side does not keep up, or when the body is longer than was said. */
  write(chunk: Buffer): boolean {
    // An empty chunk is what ends a body.
    if (chunk.length === 0) return !this.#output.isBlocked;
    switch (this.#framing) {
      case NO_BODY:
        return true;
      case CHUNKED:
        this.#waiting += `${chunk.length.toString(16)}\r\n`;
        break;
      case SIZED:
        this.#remaining -= chunk.length;
        break;
    }
    if (this.#framing === SIZED && this.#remaining < 0) return false;
    const isAccepted = this.#add(chunk);
    if (this.#framing === CHUNKED) this.#waiting += '\r\n';
    return isAccepted;
  }

  /** Ends the message. False when the body is not as long as was said: then the connection cannot go on. */
  end(trailers: HeaderFields | undefined): boolean {
    if (this.#framing === CHUNKED) this.#waiting += `0\r\n${trailers?.render(NOT_IN_TRAILERS) ?? ''}\r\n`;
    this.flush();
    return this.#framing !== SIZED || this.#remaining === 0;
  }

  /** Whether more was written than the head said. */
  get isOverrun(): boolean {
    return this.#framing === SIZED && this.#remaining < 0;
  }

  flush(): void {
    if (this.#waiting === '') return;
    const text = this.#waiting;
    this.#waiting = '';
    this.#output.writeText(text);
  }

  #add(chunk: Buffer): boolean {
    if (chunk.length <= JOINED_BYTES) {
      this.#waiting += chunk.toString('latin1');
      if (this.#waiting.length <= JOINED_BYTES) return true;
      this.flush();
      return !this.#output.isBlocked;
    }
    const text = this.#waiting;
    this.#waiting = '';
    return this.#output.writeBytes(text, chunk);
  }
}
