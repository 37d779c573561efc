import {chmod, mkdir, symlink} from 'node:fs/promises';
import path from 'node:path';
import {concurrently} from './concurrently.js';
import {syncFolder} from './durable-files.js';
import type {ManifestEntry} from './manifest.js';
import {allFolders} from './manifest-entries.js';
import type {ObjectStore} from './object-store.js';

/** Everybody may read a release, which other users' processes run from; only the server's user may change it. */
export const TREE_FOLDER = 0o755;

const AT_ONCE = 16;

/**
 * Makes the files of a release in a new folder: hard links to objects, symbolic links as they are. All of it is on the
 * disk when this returns. Who calls takes the folder away when this fails.
 */
export async function assembleTree(tree: string, files: readonly ManifestEntry[], objects: ObjectStore): Promise<void> {
  // A folder comes before those in it: its name is the beginning of theirs.
  const folders = ['', ...[...allFolders(files)].sort()].map(folder => path.join(tree, folder));
  for (const folder of folders) await makeFolder(folder);
  await concurrently(files, AT_ONCE, entry => makeEntry(path.join(tree, entry.path), entry, objects));
  await concurrently(folders, AT_ONCE, syncFolder);
}

/** Whatever the umask is. */
async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder);
  await chmod(folder, TREE_FOLDER);
}

const makeEntry = (target: string, entry: ManifestEntry, objects: ObjectStore): Promise<void> =>
  'link' in entry ? symlink(entry.link, target) : objects.link(entry.sha256, entry.isExecutable, target);
