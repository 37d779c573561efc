import {BLOCK_BYTES, type BlockPool} from './block-pool.js';

/** A body in one piece up to this size costs less as text than as bytes (bench/README.md). */
const TEXT_BYTES = 2_048;

/** The first bytes of a body, copied, as what passes through the proxy is there for a moment only. */
export class CapturedBytes {
  length = 0;
  #text: string | undefined;
  readonly #blocks: Buffer[] = [];
  readonly #pool: BlockPool;
  readonly #limit: number;

  constructor(pool: BlockPool, limit: number) {
    this.#pool = pool;
    this.#limit = limit;
  }

  /** Takes as much as there is room for; returns how much more memory it has now, in bytes. */
  add(chunk: Buffer): number {
    const taken = Math.min(chunk.length, this.#limit - this.length);
    if (taken === 0) return 0;
    if (this.length === 0 && taken <= TEXT_BYTES) {
      this.#text = chunk.toString('latin1', 0, taken);
      this.length = taken;
      return taken;
    }
    return this.#leaveText() + this.#copy(chunk, taken);
  }

  /** A copy of them. */
  read(): Buffer {
    return this.#text === undefined ? Buffer.concat(this.#blocks, this.length) : Buffer.from(this.#text, 'latin1');
  }

  /** Gives its memory back: it must not be read any more. */
  release(): void {
    this.#pool.give(this.#blocks);
  }

  #leaveText(): number {
    if (this.#text === undefined) return 0;
    const bytes = Buffer.from(this.#text, 'latin1');
    this.#text = undefined;
    this.length = 0;
    return this.#copy(bytes, bytes.length) - bytes.length;
  }

  #copy(chunk: Buffer, end: number): number {
    let grown = 0;
    for (let at = 0; at < end; ) {
      const used = this.length % BLOCK_BYTES;
      if (used === 0) {
        this.#blocks.push(this.#pool.take());
        grown += BLOCK_BYTES;
      }
      const copied = chunk.copy(this.#blocks.at(-1) as Buffer, used, at, end);
      at += copied;
      this.length += copied;
    }
    return grown;
  }
}
