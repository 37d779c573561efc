/** As much as a body in one piece mostly has, and a quarter of what a socket gives at once. */
export const BLOCK_BYTES = 16_384;
/** What is kept to be used again: as much as one busy app takes. */
const MAX_FREE = 512;

/** Memory for bodies, used again and again: to get 64 KiB from the system for each costs more than to copy them. */
export class BlockPool {
  readonly #free: Buffer[] = [];

  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(BLOCK_BYTES);
  }

  /** They must not be looked at any more. */
  give(blocks: readonly Buffer[]): void {
    for (const block of blocks) if (this.#free.length < MAX_FREE) this.#free.push(block);
  }
}
