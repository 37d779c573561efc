import {CR, LF} from './characters.js';

const NOTHING = Buffer.alloc(0);

/**
 * Keeps the beginning of a head until the rest has come. Every byte is looked at once on arrival, so that a head sent byte
 * by byte costs no more than one sent whole; nor does it hold more, as the pieces are copied together.
 */
export class HeadBuffer {
  #bytes = NOTHING;
  #length = 0;
  /** Bytes of the present line, and the last byte of the last chunk. */
  #lineLength = 0;
  #lastByte = 0;

  get length(): number {
    return this.#length;
  }

  /** Takes in more. Returns all of it once there is something new to parse: an empty line, or a line that ends badly. */
  add(chunk: Buffer): Buffer | undefined {
    const isWorthParsing = this.#scan(chunk);
    this.#copy(chunk);
    return isWorthParsing ? this.take() : undefined;
  }

  /** Keeps what was parsed in vain. */
  keep(chunk: Buffer): void {
    this.#scan(chunk);
    this.#copy(chunk);
  }

  /** Everything so far; empty afterwards. */
  take(): Buffer {
    const all = this.#bytes.subarray(0, this.#length);
    this.#bytes = NOTHING;
    this.#length = 0;
    this.#lineLength = 0;
    this.#lastByte = 0;
    return all;
  }

  /** Outside the pool of small buffers, of which a slow head would hold 8 KiB for a few bytes. */
  #copy(chunk: Buffer): void {
    const length = this.#length + chunk.length;
    if (length > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(length, 2 * this.#bytes.length));
      this.#bytes.copy(larger, 0, 0, this.#length);
      this.#bytes = larger;
    }
    chunk.copy(this.#bytes, this.#length);
    this.#length = length;
  }

  #scan(chunk: Buffer): boolean {
    let isWorthParsing = false;
    let from = 0;
    for (let at = chunk.indexOf(LF); at !== -1; at = chunk.indexOf(LF, from)) {
      const before = at > 0 ? chunk[at - 1] : this.#lastByte;
      const lineLength = this.#lineLength + at - from;
      if (before !== CR || lineLength <= 1) isWorthParsing = true;
      this.#lineLength = 0;
      from = at + 1;
    }
    this.#lineLength += chunk.length - from;
    this.#lastByte = chunk[chunk.length - 1] ?? this.#lastByte;
    return isWorthParsing;
  }
}
