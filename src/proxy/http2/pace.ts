import type {Timeouts} from '../limits.js';

/** Whether a client sends its body, and takes its answer, as fast as it has to. Times are in milliseconds. */
export class Pace {
  readonly #timeouts: Timeouts;
  /** When the clocks began; 0 while they stand still. */
  #bodySince = 0;
  #sendSince = 0;
  #bodyBytes = 0;
  #unsent = 0;

  constructor(timeouts: Timeouts) {
    this.#timeouts = timeouts;
  }

  /** The client's body is awaited from now on. */
  startBody(now: number): void {
    this.#bodyBytes = 0;
    this.#bodySince = now;
  }

  stopBody(): void {
    this.#bodySince = 0;
  }

  countBody(bytes: number): void {
    this.#bodyBytes += bytes;
  }

  stopSending(): void {
    this.#sendSince = 0;
  }

  isBodyTooSlow(now: number): boolean {
    const {bodyRateWindowMs, minimumBodyRate} = this.#timeouts;
    const passed = now - this.#bodySince;
    if (this.#bodySince === 0 || passed < bodyRateWindowMs) return false;
    if (this.#bodyBytes * 1_000 < minimumBodyRate * passed) return true;
    this.startBody(now);
    return false;
  }

  /** What is unsent must become less, be it by a byte. */
  isSendingTooSlow(now: number, unsent: number): boolean {
    if (this.#sendSince !== 0 && unsent === this.#unsent) return now - this.#sendSince >= this.#timeouts.sendMs;
    this.#unsent = unsent;
    this.#sendSince = now;
    return false;
  }
}
