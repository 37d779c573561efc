import type {Socket} from 'node:net';
import type {Timeouts} from '../limits.js';
import type {Sweep} from '../sweep.js';

/**
 * When a connection's patience ends: one deadline at a time, as what is waited for changes. What it counts shows whether
 * the client does its part; a deadline that comes while it does is moved on.
 */
export class ClientClock {
  readonly #sweep: Sweep;
  readonly #socket: Socket;
  readonly #timeouts: Timeouts;
  /** In milliseconds since the epoch; 0 for never. */
  #deadline = 0;
  /** Of the body, since the present window began. */
  #bodyBytes = 0;
  #sentBefore = 0;

  constructor(sweep: Sweep, socket: Socket, timeouts: Timeouts) {
    this.#sweep = sweep;
    this.#socket = socket;
    this.#timeouts = timeouts;
  }

  isDue(now: number): boolean {
    return this.#deadline !== 0 && now >= this.#deadline;
  }

  /** The next deadline is so many milliseconds away. */
  set(ms: number): void {
    this.#deadline = this.#sweep.after(ms);
  }

  stop(): void {
    this.#deadline = 0;
  }

  countBody(bytes: number): void {
    this.#bodyBytes += bytes;
  }

  startBody(): void {
    this.#bodyBytes = 0;
    this.set(this.#timeouts.bodyRateWindowMs);
  }

  /** Whether the body came fast enough since the window began; then another one begins. */
  isBodyComing(now: number): boolean {
    const {bodyRateWindowMs, minimumBodyRate} = this.#timeouts;
    if (this.#bodyBytes * 1_000 < minimumBodyRate * bodyRateWindowMs) return false;
    this.#bodyBytes = 0;
    this.#deadline = now + bodyRateWindowMs;
    return true;
  }

  startSending(): void {
    this.#sentBefore = this.#bytesTaken();
    this.set(this.#timeouts.sendMs);
  }

  /** Whether the client took anything since the last look. */
  isSending(now: number): boolean {
    return this.#hasMoved(this.#bytesTaken(), now + this.#timeouts.sendMs);
  }

  startHalfClosed(): void {
    this.#sentBefore = this.#socket.bytesWritten;
    this.set(this.#timeouts.halfClosedMs);
  }

  /** An answer on its way is proof of a client: sending to one that is gone would have failed. */
  isAnswered(now: number): boolean {
    return this.#hasMoved(this.#socket.bytesWritten, now + this.#timeouts.halfClosedMs);
  }

  #hasMoved(bytes: number, next: number): boolean {
    if (bytes <= this.#sentBefore) return false;
    this.#sentBefore = bytes;
    this.#deadline = next;
    return true;
  }

  #bytesTaken(): number {
    return this.#socket.bytesWritten - this.#socket.writableLength;
  }
}
