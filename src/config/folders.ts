import {access, readdir, readFile, realpath} from 'node:fs/promises';
import path from 'node:path';

/**
 * The folder and those around it in which files of the same project may be, nearest first. The one with `.git` is the
 * last. The home folder and the root belong to no project: they are in the list only when they are `directory` itself.
 */
export async function projectFolders(directory: string, home: string): Promise<readonly string[]> {
  const homes = [home, await realpath(home).catch(() => home)];
  const folders = [directory];
  let folder = directory;
  while (!(await exists(path.join(folder, '.git')))) {
    folder = path.dirname(folder);
    if (homes.includes(folder) || folder === path.dirname(folder)) break;
    folders.push(folder);
  }
  return folders;
}

/** Whether there is something of that name; what cannot be looked at counts as not there. */
export async function exists(file: string): Promise<boolean> {
  try {
    await access(file);
    return true;
  } catch {
    return false;
  }
}

/** The content of a text file; what cannot be read counts as not there. */
export async function readTextIfReadable(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch {
    return undefined;
  }
}

export type FolderEntry = {readonly name: string; readonly isFolder: boolean};

/** A folder with more entries than this was not written by people; the rest is left out. */
const MAX_ENTRIES = 2000;

/** What is in a folder, by name; one that cannot be read counts as empty. A link to a folder is not followed. */
export async function listFolder(folder: string): Promise<readonly FolderEntry[]> {
  const entries = await readdir(folder, {withFileTypes: true}).catch(() => []);
  return entries
    .map(entry => ({name: entry.name, isFolder: entry.isDirectory()}))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .slice(0, MAX_ENTRIES);
}
