import {createHash} from 'node:crypto';
import {realpath} from 'node:fs/promises';
import {homedir} from 'node:os';
import path from 'node:path';
import {exists, listFolder, projectFolders, readTextIfReadable} from './folders.js';

/** A second checkout of a repository, made by `git worktree add`. */
export type Worktree = {
  /** Its folder: the one with the file `.git`. */
  readonly root: string;
  /** Undefined: no branch is checked out. */
  readonly branch: string | undefined;
  /** The branch, or else the worktree's name, as one label of a host: a-z, 0-9 and `-`, at most 63 (RFC 1035, section 2.3.4). */
  readonly label: string;
};

const MAX_LABEL_LENGTH = 63;

/**
 * The linked worktree a folder is in. Undefined: it is in the main checkout, in a submodule, or in no repository. Only
 * git's own files are read, in the layout of gitrepository-layout(5), so that no git has to be there.
 */
export async function findWorktree(directory: string, home = homedir()): Promise<Worktree | undefined> {
  const root = await findRepositoryFolder(directory, home);
  const gitFolder = root === undefined ? undefined : await findLinkedGitFolder(root);
  if (root === undefined || gitFolder === undefined) return undefined;
  const branch = await readBranch(gitFolder);
  const name = path.basename(gitFolder);
  const others = await readOtherNames(gitFolder);
  return {root, branch, label: decideLabel(branch ?? name, others)};
}

async function findRepositoryFolder(directory: string, home: string): Promise<string | undefined> {
  const start = await realpath(directory).catch(() => directory);
  const folder = (await projectFolders(start, home)).at(-1);
  return folder !== undefined && (await exists(path.join(folder, '.git'))) ? folder : undefined;
}

/** A worktree's `.git` is a file that names its folder in the repository: `…/.git/worktrees/{name}`. */
async function findLinkedGitFolder(root: string): Promise<string | undefined> {
  const text = await readTextIfReadable(path.join(root, '.git'));
  const folder = text === undefined ? undefined : parseGitFile(text);
  if (folder === undefined) return undefined;
  const gitFolder = path.resolve(root, folder);
  const isLinked = path.basename(path.dirname(gitFolder)) === 'worktrees';
  return isLinked && (await exists(path.join(gitFolder, 'commondir'))) ? gitFolder : undefined;
}

/** The folder a `.git` file names, absolute or relative to it. */
export function parseGitFile(text: string): string | undefined {
  return /^gitdir:[ \t]*([^\r\n\0]*[^\s\0])\s*$/.exec(text)?.[1];
}

/** The branch of a `HEAD` file. Undefined: it names a commit, or a repository of reftables keeps it elsewhere. */
export function parseHead(text: string): string | undefined {
  const branch = /^ref:[ \t]*refs\/heads\/([^\r\n\0]*[^\s\0])\s*$/.exec(text)?.[1];
  return branch === '.invalid' ? undefined : branch;
}

/** While a rebase runs, HEAD names commits; the branch it is about is kept beside it, so that the host does not change. */
async function readBranch(gitFolder: string): Promise<string | undefined> {
  const head = parseHead((await readTextIfReadable(path.join(gitFolder, 'HEAD'))) ?? '');
  if (head !== undefined) return head;
  for (const file of ['rebase-merge/head-name', 'rebase-apply/head-name']) {
    const text = await readTextIfReadable(path.join(gitFolder, file));
    const branch = text === undefined ? undefined : parseHead(`ref: ${text}`);
    if (branch !== undefined) return branch;
  }
  return undefined;
}

/** More worktrees than this are not looked at, to find out whether two have the same label. */
const MAX_OTHERS = 200;

async function readOtherNames(gitFolder: string): Promise<readonly string[]> {
  const siblings = (await listFolder(path.dirname(gitFolder)))
    .filter(({name, isFolder}) => isFolder && name !== path.basename(gitFolder))
    .slice(0, MAX_OTHERS);
  return Promise.all(
    siblings.map(async ({name}) => (await readBranch(path.join(path.dirname(gitFolder), name))) ?? name),
  );
}

/**
 * A branch as a label: `feature/Login-2` is `feature-login-2`. Where that leaves out letters, or where one of the `others` has
 * the same label and comes first, a hash of the branch follows, so that every branch has one host and keeps it.
 */
export function decideLabel(branch: string, others: readonly string[] = []): string {
  const plain = plainLabel(branch);
  const isComplete = plain !== '' && plain.length <= MAX_LABEL_LENGTH && /^[\w./-]+$/.test(branch);
  const isFirst = others.every(other => plainLabel(other) !== plain || comesFirst(branch, other, plain));
  return isComplete && isFirst ? plain : withHash(plain, branch);
}

/** Of two branches with one label, the one that is written like it comes first, else the first by letters. */
function comesFirst(branch: string, other: string, label: string): boolean {
  if (branch === label || other === label) return branch === label;
  return branch <= other;
}

const plainLabel = (branch: string): string =>
  branch
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');

const HASH_LENGTH = 6;

function withHash(label: string, branch: string): string {
  const hash = createHash('sha256').update(branch).digest('hex').slice(0, HASH_LENGTH);
  const start = label.slice(0, MAX_LABEL_LENGTH - HASH_LENGTH - 1).replace(/-$/, '') || 'branch';
  return `${start}-${hash}`;
}
