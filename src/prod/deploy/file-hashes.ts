// SHA-256 of files, remembered from one deploy to the next: a file whose place, size, time of change and inode are the same
// is not read again. As in git's index, a file that changed just before it was hashed could change once more within the
// same tick of the clock, so it is not remembered.

import {createHash} from 'node:crypto';
import {createReadStream} from 'node:fs';
import {mkdir} from 'node:fs/promises';
import path from 'node:path';
import {pipeline} from 'node:stream/promises';
import {readTextIfExists, writeFileAtomic} from '../../system/files.js';
import {isSha256} from '../releases/sha256.js';

export type FileFacts = {readonly size: number; readonly mtimeMs: number; readonly ino: number};

export type FileHashes = {
  /** The file's hash, in hexadecimal. */
  hash(file: string, facts: FileFacts): Promise<string>;
  /** How many files were read, so far. */
  readonly readCount: number;
  /** Writes down what was asked for since it was opened; what was not is forgotten. */
  save(): Promise<void>;
};

type Remembered = readonly [size: number, mtimeMs: number, ino: number, sha256: string];

/** The coarsest clock of a file system that has links: that of HFS+, of one second. */
const TICK_MS = 1_000;

/** Opens the memory in `file`; one that is not there or cannot be read is empty. */
export async function openFileHashes(file: string, now: () => number = Date.now): Promise<FileHashes> {
  const before = parseMemory(await readTextIfExists(file));
  const asked = new Map<string, Remembered>();
  let readCount = 0;
  return {
    get readCount() {
      return readCount;
    },
    async hash(name, {size, mtimeMs, ino}) {
      const known = before.get(name);
      const isSame = known && known[0] === size && known[1] === mtimeMs && known[2] === ino;
      if (!isSame) readCount++;
      const startedAt = now();
      const sha256 = isSame ? known[3] : await hashFile(name);
      if (isSame || mtimeMs < startedAt - TICK_MS) asked.set(name, [size, mtimeMs, ino, sha256]);
      return sha256;
    },
    async save() {
      await mkdir(path.dirname(file), {recursive: true});
      await writeFileAtomic(file, JSON.stringify([...asked]));
    },
  };
}

function parseMemory(text = '[]'): ReadonlyMap<string, Remembered> {
  try {
    const entries: unknown = JSON.parse(text);
    return new Map(Array.isArray(entries) ? entries.filter(isEntry) : []);
  } catch {
    return new Map();
  }
}

const isEntry = (entry: unknown): entry is readonly [string, Remembered] =>
  Array.isArray(entry) && typeof entry[0] === 'string' && Array.isArray(entry[1]) && isSha256(entry[1][3]);

async function hashFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
