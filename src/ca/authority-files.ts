import {randomBytes} from 'node:crypto';
import {link, readFile, rename, rm} from 'node:fs/promises';
import path from 'node:path';
import {errorCode} from '../system/error.js';
import {readTextIfExists, writeFileAtomic} from '../system/files.js';

/** The files of an authority's folder. */
export const authorityFiles = (folder: string) => ({
  certificate: path.join(folder, 'ca.crt'),
  key: path.join(folder, 'ca.key'),
  /** The root before this one, kept so that it can be taken out of trust stores. */
  previous: path.join(folder, 'ca.previous.crt'),
  /** The root that is about to take the place of this one, and its key: there while trust stores are given it. */
  next: path.join(folder, 'ca.next.crt'),
  nextKey: path.join(folder, 'ca.next.key'),
});

/**
 * The content of the file, made first if there is none. Of several processes that make it at once one wins, and all
 * return what the winner wrote: a link, unlike a rename, never replaces.
 */
export async function readOrCreate(file: string, make: () => string, mode: number): Promise<string> {
  const existing = await readTextIfExists(file);
  if (existing !== undefined) return existing;
  const candidate = `${file}.${randomBytes(8).toString('hex')}`;
  try {
    await writeFileAtomic(candidate, make(), mode);
    await link(candidate, file);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  } finally {
    await rm(candidate, {force: true});
  }
  return readFile(file, 'utf8');
}

/** Puts a file in the place of another; one that is not there has been put there already. */
export async function moveIfThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
}
