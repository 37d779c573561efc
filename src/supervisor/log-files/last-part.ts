// Where a log goes on after a restart: its newest file, mended where a crash left something half-written.

import {type FileHandle, open} from 'node:fs/promises';
import {PRIVATE_FILE} from '../../system/files.js';
import {readLinesBefore} from './log-lines.js';
import {listParts, partFile} from './log-parts.js';
import {parseRecord} from './log-record.js';

/** A file that is written, and how many bytes it has. */
export type Part = {readonly handle: FileHandle; readonly size: number};

/** The newest file, ready to be written on, and the last id that was given. No file where there is none. */
export async function openLastPart(
  folder: string,
): Promise<{readonly part: Part | undefined; readonly lastId: number}> {
  const first = (await listParts(folder)).at(-1);
  if (first === undefined) return {part: undefined, lastId: 0};
  const handle = await open(partFile(folder, first), 'a+', PRIVATE_FILE);
  try {
    const size = await repairEnd(handle);
    return {part: {handle, size}, lastId: await findLastId(handle, size, first)};
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** The last id that was given, and what a crash left mended; 0 where there is no log. */
export async function findLastGivenId(folder: string): Promise<number> {
  const {part, lastId} = await openLastPart(folder);
  await part?.handle.close();
  return lastId;
}

/**
 * A crash can leave a part of a record at the end, or what a file system puts where nothing was written yet. A record that
 * lacks its line end only gets that; anything else is cut off. Returns the size then.
 */
async function repairEnd(handle: FileHandle): Promise<number> {
  const {size} = await handle.stat();
  const end = await endOfLastLine(handle, size);
  if (end === size) return size;
  const rest = Buffer.alloc(Math.min(size - end, MAX_REPAIRED_BYTES));
  const {bytesRead} = await handle.read(rest, 0, rest.length, end);
  if (bytesRead === size - end && parseRecord(rest.toString()) !== undefined) {
    await handle.write('\n');
    return size + 1;
  }
  await handle.truncate(end);
  return end;
}

/** A record is at most a line of an app, escaped. */
const MAX_REPAIRED_BYTES = 256 * 1024;

async function endOfLastLine(handle: FileHandle, size: number): Promise<number> {
  for await (const {end} of readLinesBefore(handle, size)) return end;
  return 0;
}

/** By the file's name where no record can be read. */
async function findLastId(handle: FileHandle, size: number, first: number): Promise<number> {
  for await (const {text} of readLinesBefore(handle, size)) {
    const record = parseRecord(text);
    if (record !== undefined) return Math.max(record.id, first - 1);
  }
  return first - 1;
}
