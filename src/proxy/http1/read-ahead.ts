import {keepable} from '../shared-buffer.js';

/** Pieces below this size are joined: a client that sends byte by byte would make us hold a hundred for each. */
const SMALL_BYTES = 4_096;

/** What was read behind what is being used, in the pieces it came in: joining all would copy each again and again. */
export class ReadAhead {
  #pieces: Buffer[] = [];
  #length = 0;
  /** Where small pieces are joined, and how much of it is used. The last piece is in it if `#used` is not 0. */
  #block: Buffer | undefined;
  #used = 0;

  get length(): number {
    return this.#length;
  }

  add(bytes: Buffer): void {
    this.#length += bytes.length;
    if (bytes.length < SMALL_BYTES) {
      this.#join(bytes);
    } else {
      this.#pieces.push(keepable(bytes));
      this.#used = 0;
      this.#block = undefined;
    }
  }

  /** The oldest piece. */
  next(): Buffer | undefined {
    const piece = this.#pieces.shift();
    this.#length -= piece?.length ?? 0;
    if (this.#pieces.length === 0) this.#forgetBlock();
    return piece;
  }

  clear(): void {
    this.#pieces = [];
    this.#length = 0;
    this.#forgetBlock();
  }

  #join(bytes: Buffer): void {
    if (this.#block === undefined || this.#used + bytes.length > this.#block.length) {
      this.#block = Buffer.allocUnsafeSlow(SMALL_BYTES);
      this.#used = 0;
    } else {
      this.#pieces.pop();
    }
    bytes.copy(this.#block, this.#used);
    this.#used += bytes.length;
    this.#pieces.push(this.#block.subarray(0, this.#used));
  }

  #forgetBlock(): void {
    this.#block = undefined;
    this.#used = 0;
  }
}
