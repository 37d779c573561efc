import {BLOCK_BYTES, type BlockPool} from './block-pool.js';

/** The first bytes of a body, copied, as what passes through the proxy is there for a moment only. */
export class CapturedBytes {
  length = 0;
  readonly #blocks: Buffer[] = [];
  readonly #pool: BlockPool;
  readonly #limit: number;

  constructor(pool: BlockPool, limit: number) {
    this.#pool = pool;
    this.#limit = limit;
  }

  /** Takes as much as there is room for; returns how much more memory it has now, in bytes. */
  add(chunk: Buffer): number {
    const end = Math.min(chunk.length, this.#limit - this.length);
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

  /** A copy of them. */
  read(): Buffer {
    return Buffer.concat(this.#blocks, this.length);
  }

  /** Gives its memory back: it must not be read any more. */
  release(): void {
    for (const block of this.#blocks) this.#pool.give(block);
  }
}
