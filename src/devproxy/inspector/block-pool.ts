/** As much as a message's head mostly has, or the body of an API's answer. */
export const BLOCK_BYTES = 4_096;
/** What is kept to be used again: as much as one busy app takes. */
const MAX_FREE = 2_048;

/**
 * Memory for what is kept of messages, used again and again. It is not of the heap: what is kept there of the last hundreds
 * of requests is copied by every garbage collection, which costs a request more than all else that is done for it.
 */
export class BlockPool {
  readonly #free: Buffer[] = [];

  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(BLOCK_BYTES);
  }

  /** It must not be looked at any more. */
  give(block: Buffer): void {
    if (this.#free.length < MAX_FREE) this.#free.push(block);
  }
}
