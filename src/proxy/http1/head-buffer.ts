import {CR, LF} from './characters.js';

const NOTHING = Buffer.alloc(0);

/**
 * Keeps the beginning of a head until the rest has come. Every byte is looked at once on arrival, so that a head sent byte
 * by byte costs no more than one sent whole.
 */
export class HeadBuffer {
  #chunks: Buffer[] = [];
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
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    return isWorthParsing ? this.take() : undefined;
  }

  /** Keeps what was parsed in vain. */
  keep(chunk: Buffer): void {
    this.#scan(chunk);
    this.#chunks.push(chunk);
    this.#length += chunk.length;
  }

  /** Everything so far; empty afterwards. */
  take(): Buffer {
    const all = this.#chunks.length === 1 ? this.#chunks[0] : Buffer.concat(this.#chunks, this.#length);
    this.#chunks = [];
    this.#length = 0;
    this.#lineLength = 0;
    this.#lastByte = 0;
    return all ?? NOTHING;
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
