/** What is joined for one write. As much as libuv reads at once. */
export const BLOCK_BYTES = 65_536;
/** Blocks that are kept for the next write; more than these are left to the garbage collector. */
const MAX_KEPT = 16;

const free: Buffer[] = [];
const ours = new WeakSet<ArrayBufferLike>();

/** Memory to be written out. The same few blocks go round: new memory for every write would cost more than the write. */
export function takeBlock(): Buffer {
  const kept = free.pop();
  if (kept !== undefined) return kept;
  const block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  ours.add(block.buffer);
  return block;
}

/** Gives back what is a part of a block, or nothing of ours. Nobody may use its bytes any more. */
export function giveBack(bytes: Buffer): void {
  if (bytes.buffer.byteLength !== BLOCK_BYTES || !ours.has(bytes.buffer)) return;
  if (free.length < MAX_KEPT) free.push(Buffer.from(bytes.buffer));
}
