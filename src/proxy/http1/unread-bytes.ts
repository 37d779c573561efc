import {keepable} from '../shared-buffer.js';

/** Pieces below this size are joined: a client that sends byte by byte would make us hold a hundred for each. */
const SMALL_BYTES = 4_096;

/**
 * What was read from a socket and not used yet: the piece that is being used, and behind it others as they came. They are
 * not joined, as each would be copied again and again.
 */
export class UnreadBytes {
  /** What is to be used next. */
  current: Buffer | undefined;
  /** There only for who is ahead of us; most never are. */
  #ahead: Buffer[] | undefined;
  #aheadLength = 0;
  /** Where small pieces are joined, and how much of it is used. The last piece is in it if that is not 0. */
  #block: Buffer | undefined;
  #used = 0;

  get length(): number {
    return (this.current?.length ?? 0) + this.#aheadLength;
  }

  /** Takes in what was read. True when it is `current` now, and valid only until `keep` was called. */
  add(bytes: Buffer): boolean {
    if (this.current === undefined) {
      this.current = bytes;
      return true;
    }
    this.#ahead ??= [];
    this.#aheadLength += bytes.length;
    if (bytes.length < SMALL_BYTES) this.#join(bytes, this.#ahead);
    else this.#append(keepable(bytes), this.#ahead);
    return false;
  }

  /** Makes what is left of the newest read last beyond the next. */
  keep(): void {
    if (this.current !== undefined) this.current = keepable(this.current);
  }

  /** `current` is used up to here. */
  consume(end: number): void {
    const {current} = this;
    this.current = current !== undefined && end < current.length ? current.subarray(end) : this.#next();
  }

  /** `current` is used but for its end, which is at the end of these bytes, too. */
  consumeBut(rest: Buffer): void {
    this.current = rest.length > 0 ? rest : this.#next();
  }

  drop(): void {
    this.current = undefined;
    this.#ahead = undefined;
    this.#aheadLength = 0;
    this.#forgetBlock();
  }

  /** All of it, in one piece; nothing is left. */
  takeAll(): Buffer | undefined {
    const all = this.current && Buffer.concat([this.current, ...(this.#ahead ?? [])]);
    this.drop();
    return all;
  }

  #next(): Buffer | undefined {
    const piece = this.#ahead?.shift();
    this.#aheadLength -= piece?.length ?? 0;
    if (this.#aheadLength === 0) this.#forgetBlock();
    return piece;
  }

  #append(bytes: Buffer, ahead: Buffer[]): void {
    ahead.push(bytes);
    this.#forgetBlock();
  }

  #join(bytes: Buffer, ahead: Buffer[]): void {
    if (this.#block === undefined || this.#used + bytes.length > this.#block.length) {
      this.#block = Buffer.allocUnsafeSlow(SMALL_BYTES);
      this.#used = 0;
    } else {
      ahead.pop();
    }
    bytes.copy(this.#block, this.#used);
    this.#used += bytes.length;
    ahead.push(this.#block.subarray(0, this.#used));
  }

  #forgetBlock(): void {
    this.#block = undefined;
    this.#used = 0;
  }
}
