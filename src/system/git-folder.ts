import {readFileSync, statSync} from 'node:fs';
import path from 'node:path';

export type GitFolder = {
  /** The top of the checkout. */
  readonly root: string;
  /** The rules that this clone keeps to itself; it may not exist. */
  readonly excludeFile: string;
};

/** The checkout that `directory` is in; gitrepository-layout(5). Undefined when it is in none. */
export function findGitFolder(directory: string): GitFolder | undefined {
  const dotGit = path.join(directory, '.git');
  const kind = statSync(dotGit, {throwIfNoEntry: false});
  if (kind) return {root: directory, excludeFile: path.join(commonFolder(dotGit, kind.isFile()), 'info', 'exclude')};
  const parent = path.dirname(directory);
  return parent === directory ? undefined : findGitFolder(parent);
}

/** A linked worktree and a submodule have a file in place of the folder; a worktree shares what is in the first one's. */
function commonFolder(dotGit: string, isFile: boolean): string {
  if (!isFile) return dotGit;
  const target = readLine(dotGit)?.replace(/^gitdir:\s*/, '');
  if (target === undefined) return dotGit;
  const folder = path.resolve(path.dirname(dotGit), target);
  return path.resolve(folder, readLine(path.join(folder, 'commondir')) ?? '.');
}

function readLine(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return undefined;
  }
}
