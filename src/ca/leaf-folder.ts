import {createHash} from 'node:crypto';
import {readdir, readFile, rm} from 'node:fs/promises';
import path from 'node:path';
import {ensurePrivateFolder, writeFileAtomic} from '../system/files.js';
import type {Authority} from './authority.js';
import {type Leaf, leafText, parseLeaf} from './leaf.js';

// Leaves on disk, so that a restart serves the certificates a browser has seen already.
// All of it can be made again: what cannot be read is issued anew, and what cannot be
// written is issued again next time. Neither is a reason to refuse a handshake.

/** Where leaves and their keys are kept: a file for each name, mode 0600, in a folder of mode 0700. */
export type LeafFolder = {
  /** The stored leaf for this name, if this authority's root signed it. */
  load(name: string): Promise<Leaf | undefined>;
  store(name: string, leaf: Leaf): Promise<void>;
  remove(name: string): Promise<void>;
  /** Empties the folder when it holds more than `limit` leaves. */
  limit(limit: number): Promise<void>;
};

export function createLeafFolder(folder: string, authority: Authority): LeafFolder {
  return {
    load: name => ifPossible(async () => parseLeaf(await readFile(leafFile(folder, name), 'utf8'), authority, name)),
    store: (name, leaf) => ifPossible(() => write(folder, name, leaf)),
    remove: name => ifPossible(() => rm(leafFile(folder, name))),
    limit: limit => ifPossible(() => emptyAbove(folder, limit)),
  };
}

async function write(folder: string, name: string, leaf: Leaf): Promise<void> {
  await ensurePrivateFolder(folder);
  await writeFileAtomic(leafFile(folder, name), leafText(leaf));
}

async function emptyAbove(folder: string, limit: number): Promise<void> {
  const leaves = (await readdir(folder)).filter(file => file.endsWith(SUFFIX));
  if (leaves.length > limit) await Promise.all(leaves.map(file => rm(path.join(folder, file))));
}

const SUFFIX = '.pem';

// A hash: a host name can be longer than a file name may be, and an IPv6 address has colons.
const leafFile = (folder: string, name: string): string =>
  path.join(folder, `${createHash('sha256').update(name).digest('hex')}${SUFFIX}`);

async function ifPossible<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch {
    return undefined;
  }
}
