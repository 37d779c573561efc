// Lines of a file by their place in it, forwards and backwards, in blocks: a file is never in memory as a whole.

import type {FileHandle} from 'node:fs/promises';

export type PlacedLine = {
  /** Without its line end. */
  readonly text: string;
  /** Where it begins, and where the next one does, in bytes. */
  readonly start: number;
  readonly end: number;
};

const NEWLINE = 0x0a;
const BLOCK_BYTES = 65_536;

/**
 * The whole lines from `start` on, as far as they fit in a block; one that is longer than that comes alone. What has no line
 * end yet is no line: none come where nothing else is there.
 */
export async function readLinesAfter(handle: FileHandle, start: number): Promise<PlacedLine[]> {
  for (let size = BLOCK_BYTES; ; size *= 2) {
    const block = await readBlock(handle, start, size);
    const lines = splitBlock(block, start);
    if (lines.length > 0 || block.length < size) return lines;
  }
}

function splitBlock(block: Buffer, start: number): PlacedLine[] {
  const lines: PlacedLine[] = [];
  let from = 0;
  for (let end = block.indexOf(NEWLINE); end !== -1; end = block.indexOf(NEWLINE, from)) {
    lines.push({text: block.toString('utf8', from, end), start: start + from, end: start + end + 1});
    from = end + 1;
  }
  return lines;
}

/** The whole lines before `end`, the last first. */
export async function* readLinesBefore(handle: FileHandle, end: number): AsyncGenerator<PlacedLine> {
  let after: Buffer[] = [];
  let lineEnd: number | undefined;
  for (let blockEnd = end; blockEnd > 0; ) {
    const start = Math.max(0, blockEnd - BLOCK_BYTES);
    const block = await readBlock(handle, start, blockEnd - start);
    let rest = block.length;
    while (rest > 0) {
      const newline = block.lastIndexOf(NEWLINE, rest - 1);
      if (newline === -1) break;
      const text = Buffer.concat([block.subarray(newline + 1, rest), ...after]).toString();
      if (lineEnd !== undefined) yield {text, start: start + newline + 1, end: lineEnd};
      lineEnd = start + newline + 1;
      after = [];
      rest = newline;
    }
    if (lineEnd !== undefined) after.unshift(block.subarray(0, rest));
    blockEnd = start;
  }
  if (lineEnd !== undefined) yield {text: Buffer.concat(after).toString(), start: 0, end: lineEnd};
}

/** Less than `size` bytes only where the file ends. */
async function readBlock(handle: FileHandle, start: number, size: number): Promise<Buffer> {
  const block = Buffer.allocUnsafe(size);
  let length = 0;
  while (length < size) {
    const {bytesRead} = await handle.read(block, length, size - length, start + length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return block.subarray(0, length);
}
