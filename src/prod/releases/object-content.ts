import {createHash} from 'node:crypto';
import {createReadStream} from 'node:fs';
import type {FileHandle} from 'node:fs/promises';
import {TakoError} from '../../system/error.js';

/** What a content has to be. */
export type ObjectFacts = {readonly sha256: string; readonly size: number};

/** Writes the content as it comes. Throws OBJECT_CORRUPT as soon as it is too long, or at its end if it is another. */
export async function writeVerified(
  handle: FileHandle,
  content: AsyncIterable<Uint8Array>,
  {sha256, size}: ObjectFacts,
): Promise<void> {
  const hash = createHash('sha256');
  let written = 0;
  for await (const chunk of content) {
    written += chunk.byteLength;
    if (written > size) throw objectCorrupt(sha256, `is longer than the ${size} bytes announced`);
    hash.update(chunk);
    await handle.writeFile(chunk);
  }
  if (written < size) throw objectCorrupt(sha256, `has ${written} of the ${size} bytes announced`);
  if (hash.digest('hex') !== sha256) throw objectCorrupt(sha256, 'has another hash');
}

export async function hashFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk);
  return hash.digest('hex');
}

const objectCorrupt = (sha256: string, what: string): TakoError =>
  new TakoError('OBJECT_CORRUPT', `the file ${sha256.slice(0, 12)} that arrived ${what}`, {
    hint: 'it changed while it was sent, or on the way: deploy again',
  });
