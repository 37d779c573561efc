// The build folder: a copy of the project's files, and nothing else, so that a build sees what a fresh checkout has. It is
// kept from one deploy to the next, and made equal to the project again: files that did not change are not written, and what
// frameworks keep to build faster stays.

import {chmod, copyFile, lstat, mkdir, readdir, readlink, rm, symlink, utimes} from 'node:fs/promises';
import path from 'node:path';
import {concurrently} from '../releases/concurrently.js';
import {FILES_AT_ONCE, isExecutableMode, type SourceEntry} from './source-files.js';

/** What frameworks and their tools keep between builds, in the folders of packages. */
export const BUILD_CACHES: readonly string[] = [
  '.next/cache',
  '.turbo',
  '.angular/cache',
  '.parcel-cache',
  '.nx/cache',
];

/**
 * Makes `target` hold the entries of `root` and nothing else but caches, and `node_modules`, which is not its matter.
 * A file of the same size and time of change counts as the same, as for rsync.
 */
export async function syncSourceTree(root: string, entries: readonly SourceEntry[], target: string): Promise<void> {
  await mkdir(target, {recursive: true});
  const wanted = new Set(entries.map(entry => entry.path));
  const folders = new Set(entries.flatMap(entry => foldersOf(entry.path)));
  const packages = entries.filter(({path: file}) => path.posix.basename(file) === 'package.json');
  const kept = cachesIn(['', ...packages.map(({path: file}) => path.posix.dirname(file))]);
  await removeOthers(target, '', {wanted, folders, kept});
  for (const folder of [...folders].sort()) await mkdir(path.join(target, folder), {recursive: true});
  await concurrently(entries, FILES_AT_ONCE, entry => syncEntry(root, entry, target));
}

/** `a/b/c.js` is in `a` and `a/b`. */
const foldersOf = (file: string): readonly string[] =>
  file.split('/').flatMap((_, index, parts) => (index === 0 ? [] : [parts.slice(0, index).join('/')]));

type Wanted = {
  readonly wanted: ReadonlySet<string>;
  readonly folders: ReadonlySet<string>;
  /** Caches, and the folders around them. */
  readonly kept: {readonly caches: ReadonlySet<string>; readonly around: ReadonlySet<string>};
};

function cachesIn(folders: readonly string[]): Wanted['kept'] {
  const caches = folders.flatMap(folder => BUILD_CACHES.map(cache => path.posix.join(folder, cache)));
  return {caches: new Set(caches), around: new Set(caches.flatMap(foldersOf))};
}

async function removeOthers(target: string, folder: string, wanted: Wanted): Promise<void> {
  for (const entry of await readdir(path.join(target, folder), {withFileTypes: true})) {
    const file = path.posix.join(folder, entry.name);
    if (entry.name === 'node_modules' || wanted.kept.caches.has(file)) continue;
    const isWanted = entry.isDirectory()
      ? wanted.folders.has(file) || wanted.kept.around.has(file)
      : wanted.wanted.has(file);
    if (!isWanted) await rm(path.join(target, file), {recursive: true, force: true});
    else if (entry.isDirectory()) await removeOthers(target, file, wanted);
  }
}

async function syncEntry(root: string, entry: SourceEntry, target: string): Promise<void> {
  const to = path.join(target, entry.path);
  if (await isSame(entry, to)) return;
  await rm(to, {recursive: true, force: true});
  if (entry.type === 'link') return symlink(entry.link, to);
  await copyFile(path.join(root, entry.path), to);
  await chmod(to, entry.isExecutable ? 0o755 : 0o644);
  await utimes(to, entry.mtimeMs / 1000, entry.mtimeMs / 1000);
}

/** Times are set in whole microseconds, and kept in less by some file systems. */
const SAME_TIME_MS = 1;

async function isSame(entry: SourceEntry, to: string): Promise<boolean> {
  const found = await lstat(to).catch(() => undefined);
  if (!found) return false;
  if (entry.type === 'link') return found.isSymbolicLink() && (await readlink(to)) === entry.link;
  return (
    found.isFile() &&
    found.size === entry.size &&
    Math.abs(found.mtimeMs - entry.mtimeMs) < SAME_TIME_MS &&
    isExecutableMode(found.mode) === entry.isExecutable
  );
}
