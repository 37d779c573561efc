/** Up to this size a piece costs less as text than as bytes of its own (bench/README.md). */
const TEXT_BYTES = 2_048;
/** A body that comes in small pieces is put together every so often, so that it takes little more than its bytes. */
const MAX_PIECES = 64;

/** The first bytes of a body, copied, as what passes through the proxy is there for a moment only. */
export class CapturedBytes {
  length = 0;
  #pieces: (string | Buffer)[] = [];
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Takes as much as there is room for; returns how many bytes that was. */
  add(chunk: Buffer): number {
    const taken = Math.min(chunk.length, this.#limit - this.length);
    if (taken === 0) return 0;
    this.length += taken;
    this.#pieces.push(taken <= TEXT_BYTES ? chunk.toString('latin1', 0, taken) : copyOf(chunk, taken));
    if (this.#pieces.length === MAX_PIECES) this.#pieces = [this.read()];
    return taken;
  }

  read(): Buffer {
    const pieces = this.#pieces.map(piece => (typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece));
    return pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces);
  }
}

/** Outside of the pool of small buffers, and without what lies beside it in a large one. */
function copyOf(chunk: Buffer, length: number): Buffer {
  const copy = Buffer.allocUnsafeSlow(length);
  chunk.copy(copy, 0, 0, length);
  return copy;
}
