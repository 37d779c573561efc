import {access, readFile, realpath} from 'node:fs/promises';
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
