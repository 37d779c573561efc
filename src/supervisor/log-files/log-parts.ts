// A log is a row of files, each named by the id of its first record: the newest is written, the oldest are deleted. No file
// is ever renamed, so whoever reads one goes on to the next by its name, whatever happens meanwhile.

import {readdir} from 'node:fs/promises';
import path from 'node:path';
import {errorCode} from '../../system/error.js';

/** Names sort as the ids do, up to more records than there will be. */
const DIGITS = 15;
const NAME = /^(\d{15})\.jsonl$/;

/** The file of a log that begins with this id. */
export const partFile = (folder: string, firstId: number): string =>
  path.join(folder, `${String(firstId).padStart(DIGITS, '0')}.jsonl`);

/** The first ids of the files there are, in order; none where there is no folder. */
export async function listParts(folder: string): Promise<number[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  });
  return names
    .map(name => Number(NAME.exec(name)?.[1]))
    .filter(id => !Number.isNaN(id))
    .sort((a, b) => a - b);
}
