// The files of a folder, found once. A release never changes, so what may be served is known before the first request: a
// path that is not in the index costs no system call, and none can lead out of the folder, as no path is ever joined to it.
//
// A file is known by its device and inode too. Whoever opens it later compares them: what was put in its place meanwhile,
// a link out of the folder above all, is another file.

import {lstat, readdir, realpath, type stat} from 'node:fs/promises';
import path from 'node:path';
import {errorCode} from '../../system/error.js';
import {isServedName} from './file-path.js';

export type IndexedFile = {
  /** Where it really is, links resolved. */
  readonly file: string;
  readonly size: number;
  /** Milliseconds since the epoch. */
  readonly modifiedMs: number;
  readonly device: number;
  readonly inode: number;
  /** An entity tag as it stands in its header. */
  readonly etag: string;
};

/** Files by their path in the folder, with forward slashes and none in front. */
export type FileIndex = ReadonlyMap<string, IndexedFile>;

/** `at` is the path that its files are asked for below: `/`, or one without a final slash. */
export type ServedFolder = {readonly folder: string; readonly at: string};

/** What stands for the content of a file, as its SHA-256 in hexadecimal; undefined where that is not known. */
export type EtagOf = (file: string) => string | undefined;

/** Open at once while a folder is read; a system call waits for its turn anyway. */
const BATCH = 64;

/**
 * Finds every regular file that may be served. Links count as what they lead to if that is in the folder; a link to a folder
 * is followed, but not from within another such, so that no circle can be gone round. A folder that is not there is empty.
 */
export async function indexFolder({folder, at}: ServedFolder, etagOf: EtagOf): Promise<FileIndex> {
  const files = new Map<string, IndexedFile>();
  let root: string;
  try {
    root = await realpath(folder);
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return files;
    throw error;
  }
  await readFolder(
    {folder, root, files, etagOf},
    {real: root, prefix: at === '/' ? '' : `${at.slice(1)}/`, depth: 0, isLinked: false},
  );
  return files;
}

type Walk = {
  readonly folder: string;
  readonly root: string;
  readonly files: Map<string, IndexedFile>;
  readonly etagOf: EtagOf;
};

/** A folder on the way. `real` is where it is, `prefix` what its files are asked for by. */
type Place = {readonly real: string; readonly prefix: string; readonly depth: number; readonly isLinked: boolean};

async function readFolder(walk: Walk, place: Place): Promise<void> {
  const names = (await readdir(place.real)).filter(name => isServedName(name, place.depth));
  for (let start = 0; start < names.length; start += BATCH) {
    await Promise.all(names.slice(start, start + BATCH).map(name => readEntry(walk, place, name)));
  }
}

async function readEntry(walk: Walk, place: Place, name: string): Promise<void> {
  const found = await resolveEntry(walk.root, path.join(place.real, name));
  if (found === undefined) return;
  const {real, info, isLink} = found;
  if (info.isFile()) {
    walk.files.set(place.prefix + name, describeFile(walk, real, info));
  } else if (info.isDirectory() && !(isLink && place.isLinked)) {
    const {prefix, depth} = place;
    await readFolder(walk, {
      real,
      prefix: `${prefix}${name}/`,
      depth: depth + 1,
      isLinked: place.isLinked || isLink,
    });
  }
}

type Info = Awaited<ReturnType<typeof stat>>;

/** What an entry is or leads to; undefined for what leads nowhere or out of the folder. */
async function resolveEntry(
  root: string,
  entry: string,
): Promise<{readonly real: string; readonly info: Info; readonly isLink: boolean} | undefined> {
  try {
    const info = await lstat(entry);
    if (!info.isSymbolicLink()) return {real: entry, info, isLink: false};
    const real = await realpath(entry);
    return isInside(root, real) ? {real, info: await lstat(real), isLink: true} : undefined;
  } catch (error) {
    if (MEANS_NOTHING_THERE.has(errorCode(error) ?? '')) return undefined;
    throw error;
  }
}

/** ELOOP: links in a circle. EACCES: not for us to read, and so not for the web. */
const MEANS_NOTHING_THERE = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES']);

/** Whether a real path is in a real folder, or is it. */
const isInside = (root: string, real: string): boolean =>
  real === root || real.startsWith(root.endsWith(path.sep) ? root : root + path.sep);

function describeFile({folder, root, etagOf}: Walk, real: string, info: Info): IndexedFile {
  const {size, mtimeMs, dev, ino} = info;
  const content = etagOf(path.join(folder, path.relative(root, real)));
  const modifiedMs = Math.floor(Number(mtimeMs));
  return {
    file: real,
    size: Number(size),
    modifiedMs,
    device: Number(dev),
    inode: Number(ino),
    etag: content === undefined ? `W/"${Number(size).toString(16)}-${modifiedMs.toString(16)}"` : `"${content}"`,
  };
}
