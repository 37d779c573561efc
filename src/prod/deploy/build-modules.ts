// The packages that a build works with: those installed in the project, as hard links in folders of the build's own. A link to
// the whole folder would lead bundlers out of the build folder (Turbopack refuses that), and the packages of a workspace would
// be the project's instead of the copies that are built. As in the project itself, a build that writes into a package's
// existing file writes into the project's.

import type {Dirent} from 'node:fs';
import {copyFile, link, lstat, mkdir, readdir, readlink, rm, symlink} from 'node:fs/promises';
import path from 'node:path';
import {exists} from '../../config/folders.js';
import {errorCode} from '../../system/error.js';
import {concurrently} from '../releases/concurrently.js';
import {FILES_AT_ONCE} from './source-files.js';

/** What tools keep in node_modules to build faster. */
const KEPT: ReadonlySet<string> = new Set(['.cache', '.vite', '.vite-temp']);

/** Gives the packages of each of these folders of `root` to the same folder of `target`. */
export async function linkBuildModules(root: string, folders: readonly string[], target: string): Promise<void> {
  for (const folder of folders) {
    const from = path.join(root, folder, 'node_modules');
    const to = path.join(target, folder, 'node_modules');
    if (await exists(from)) await mirror(from, to, true);
    else await rm(to, {recursive: true, force: true});
  }
}

/** Takes away what another way to get packages left. */
export async function removeBuildModules(folders: readonly string[], target: string): Promise<void> {
  for (const folder of folders) await rm(path.join(target, folder, 'node_modules'), {recursive: true, force: true});
}

async function mirror(from: string, to: string, isTop: boolean): Promise<void> {
  await ensureFolder(to);
  const entries = (await readdir(from, {withFileTypes: true})).filter(({name}) => !(isTop && KEPT.has(name)));
  const names = new Set(entries.map(({name}) => name));
  for (const name of await readdir(to)) {
    if (!names.has(name) && !(isTop && KEPT.has(name))) await rm(path.join(to, name), {recursive: true, force: true});
  }
  await concurrently(
    entries.filter(entry => !entry.isDirectory()),
    FILES_AT_ONCE,
    entry => mirrorEntry(entry, path.join(from, entry.name), path.join(to, entry.name)),
  );
  for (const {name} of entries.filter(entry => entry.isDirectory())) {
    await mirror(path.join(from, name), path.join(to, name), false);
  }
}

async function ensureFolder(folder: string): Promise<void> {
  const found = await lstat(folder).catch(() => undefined);
  if (found && !found.isDirectory()) await rm(folder, {force: true});
  await mkdir(folder, {recursive: true});
}

async function mirrorEntry(entry: Dirent, from: string, to: string): Promise<void> {
  const found = await lstat(to).catch(() => undefined);
  if (entry.isSymbolicLink()) {
    const target = await readlink(from);
    if (found?.isSymbolicLink() && (await readlink(to)) === target) return;
    await rm(to, {recursive: true, force: true});
    return symlink(target, to);
  }
  if (!entry.isFile() || (found && found.ino === (await lstat(from)).ino)) return;
  await rm(to, {recursive: true, force: true});
  await link(from, to).catch(error => (isUnlinkable(error) ? copyFile(from, to) : Promise.reject(error)));
}

/** Another disk, or a file system without hard links. */
const isUnlinkable = (error: unknown): boolean =>
  ['EXDEV', 'EPERM', 'ENOTSUP', 'EMLINK'].includes(errorCode(error) ?? '');
