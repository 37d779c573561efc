// In how many parts a tree is watched. The library looks at everything below a root at once: in a project of 10,000
// files (2 busy cores, Node 24) single turns of the event loop took 150 to 380 ms of processor time. In parts of some
// hundred files that are opened one after the other, one turn took 122 to 136 ms and all others under 40.

import type {Dirent} from 'node:fs';
import {readdir} from 'node:fs/promises';
import path from 'node:path';

/** Folders, or single files, that are watched together. One below another, of whatever part, is left out there. */
export type WatchPart = readonly string[];

/** Files in one part. A single folder with more is one part nevertheless. */
const FILES_PER_PART = 200;

/** Cuts what is below `roots` into parts of about the same size, which together are all of it. */
export async function planParts(
  roots: readonly string[],
  includesFolder: (folder: string) => boolean,
): Promise<WatchPart[]> {
  const fileCounts = await countFiles(roots, includesFolder);
  const parts: string[][] = [];
  let room = 0;
  // Inner folders come first, so that what was not cut off below a folder is counted with it.
  for (const [folder, count] of [...fileCounts].toReversed()) {
    const parent = path.dirname(folder);
    const parentCount = fileCounts.get(parent);
    if (parentCount !== undefined && parentCount + count <= FILES_PER_PART) {
      fileCounts.set(parent, parentCount + count);
      continue;
    }
    if (count > room || parts.length === 0) {
      parts.push([]);
      room = FILES_PER_PART;
    }
    parts.at(-1)?.push(folder);
    room -= count;
  }
  return parts;
}

/** The files directly in each folder, breadth first, so that it is deep folders that a limit leaves out. */
async function countFiles(
  roots: readonly string[],
  includesFolder: (folder: string) => boolean,
): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  const folders = [...roots];
  // Grows while it is walked.
  for (const folder of folders) {
    const entries = await readFolder(folder);
    counts.set(folder, entries.filter(entry => !entry.isDirectory()).length);
    const inner = entries.filter(entry => entry.isDirectory()).map(({name}) => path.join(folder, name));
    folders.push(...inner.filter(includesFolder));
  }
  return counts;
}

/** Nothing for a file, and for what is missing or may not be read: whoever watches it will say so. */
async function readFolder(folder: string): Promise<Dirent[]> {
  return readdir(folder, {withFileTypes: true}).catch(() => []);
}
