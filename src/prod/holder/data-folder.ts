// An app's own folder, which its user owns and nobody else may enter. The folders above belong to the server process,
// which is not believed: it could put a link in the way of what root does here. So each step of the path is opened below
// the one before, without following links, and what is opened is what is changed.

import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {constants, existsSync} from 'node:fs';
import {type FileHandle, mkdir, open} from 'node:fs/promises';
import path from 'node:path';
import {errorCode, TakoError} from '../../system/error.js';
import {PRIVATE_FOLDER} from '../../system/files.js';
import type {User} from './isolation.js';

/** Where the data of a deployment is. */
export const dataFolderOf = (root: string, deployment: string): string => path.join(root, 'apps', deployment, 'data');

export type DataOwners = {
  /** The app's. Undefined: there is one user for all. */
  readonly user: User | undefined;
  /** The server process's, to which new folders above belong. */
  readonly service: User | undefined;
};

/** Others may go through to a name that they know, and not look around. */
const PASSABLE = 0o711;

/** The same for one group alone, which is that of the deployment's app: no other gets to its releases. */
const PASSABLE_FOR_GROUP = 0o710;

/**
 * Makes the data folder, or makes the one there is the user's; 0700. Where apps have users, the deployment's folder is
 * closed to those of others. Throws FOLDER_FOREIGN where either belongs to somebody else.
 */
export async function ensureDataFolder(root: string, deployment: string, owners: DataOwners): Promise<string> {
  const {user, service} = owners;
  let folder = await openFolder(root);
  try {
    for (const name of ['apps', ...deployment.split('/')]) folder = await descend(folder, name, PASSABLE, service);
    if (user && service) await give(folder, {uid: service.uid, gid: user.gid}, PASSABLE_FOR_GROUP, owners);
    folder = await descend(folder, 'data', PRIVATE_FOLDER, user);
    if (user) await give(folder, user, PRIVATE_FOLDER, owners);
    return dataFolderOf(root, deployment);
  } finally {
    await folder.close();
  }
}

/** What is another's is not ours to give away. */
async function give(folder: FileHandle, to: User, mode: number, {user, service}: DataOwners): Promise<void> {
  const {uid} = await folder.stat();
  if (![0, user?.uid, service?.uid].includes(uid)) {
    throw new TakoError('FOLDER_FOREIGN', 'a folder of the deployment belongs to another user', {
      hint: 'look at who owns what in the apps folder, and give it back to root',
    });
  }
  await folder.chown(to.uid, to.gid);
  await folder.chmod(mode);
}

/** Empties the folder as its own user, whose rights end where its own files do. An app that never ran has none. */
export async function eraseData(folder: string, user: User | undefined): Promise<void> {
  if (!existsSync(folder)) return;
  const problem = await findAndDelete([folder, '-xdev', '-mindepth', '1'], user);
  if (problem !== undefined) throw new TakoError('DATA_NOT_ERASED', `${folder} could not be emptied: ${problem}`);
}

/** What the user has left where everybody may write: its number may be another's one day. */
export async function eraseTemporary(user: User, folders: readonly string[] = TEMPORARY): Promise<void> {
  const there = folders.filter(folder => existsSync(folder));
  // What it says is of folders that the user may not enter.
  await findAndDelete([...there, '-xdev', '-mindepth', '1', '-user', String(user.uid)], user);
}

const TEMPORARY = ['/tmp', '/var/tmp', '/dev/shm'];

/** Resolves with what is wrong. */
async function findAndDelete(args: readonly string[], user: User | undefined): Promise<string | undefined> {
  const child = spawn('find', [...args, '-delete'], {
    cwd: '/',
    stdio: ['ignore', 'ignore', 'pipe'],
    ...(user ? {uid: user.uid, gid: user.gid} : {}),
  });
  let said = '';
  child.stderr.on('data', chunk => {
    said = (said + chunk).slice(0, 1_000);
  });
  const [code] = await once(child, 'close');
  return code === 0 ? undefined : said.trim();
}

const FLAGS = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

const openFolder = (folder: string): Promise<FileHandle> => open(folder, FLAGS);

/** Opens, or makes, a folder in another, which is closed. */
async function descend(parent: FileHandle, name: string, mode: number, owner: User | undefined): Promise<FileHandle> {
  try {
    const file = `/proc/self/fd/${parent.fd}/${name}`;
    const isNew = await makeFolder(file, mode);
    const folder = await openFolder(file);
    if (isNew && owner) await folder.chown(owner.uid, owner.gid);
    return folder;
  } finally {
    await parent.close();
  }
}

/** Whether it was not there. */
const makeFolder = (file: string, mode: number): Promise<boolean> =>
  mkdir(file, {mode}).then(
    () => true,
    error => {
      if (errorCode(error) !== 'EEXIST') throw error;
      return false;
    },
  );
