// An app's own folder, which its user owns and nobody else may enter. The folders above belong to the server process,
// which is not believed: it could put a link in the way of what root does here. So each step of the path is opened below
// the one before, without following links, and what is opened is what is changed.

import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {constants} from 'node:fs';
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

/** Makes the data folder, or makes the one there is the user's; 0700. */
export async function ensureDataFolder(root: string, deployment: string, {user, service}: DataOwners): Promise<string> {
  let parent = await openFolder(root);
  try {
    for (const name of ['apps', ...deployment.split('/')]) {
      parent = await descend(parent, name, {mode: 0o755, owner: service});
    }
    parent = await descend(parent, 'data', {mode: PRIVATE_FOLDER, owner: user});
    const {uid} = await parent.stat();
    // Another's folder is not ours to give away.
    if (user && ![0, user.uid, service?.uid].includes(uid)) throw foreign(root, deployment);
    if (user) await parent.chown(user.uid, user.gid);
    await parent.chmod(PRIVATE_FOLDER);
    return dataFolderOf(root, deployment);
  } finally {
    await parent.close();
  }
}

/** Empties the folder as its own user, whose rights end where its own files do. */
export async function eraseData(folder: string, user: User | undefined): Promise<void> {
  const child = spawn('find', [folder, '-xdev', '-mindepth', '1', '-delete'], {
    cwd: '/',
    stdio: ['ignore', 'ignore', 'pipe'],
    ...(user ? {uid: user.uid, gid: user.gid} : {}),
  });
  let said = '';
  child.stderr.on('data', chunk => {
    said = (said + chunk).slice(0, 1_000);
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new TakoError('DATA_NOT_ERASED', `${folder} could not be emptied: ${said.trim()}`);
}

const FLAGS = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

const openFolder = (folder: string): Promise<FileHandle> => open(folder, FLAGS);

/** Opens, or makes, a folder in another, which is closed. */
async function descend(
  parent: FileHandle,
  name: string,
  {mode, owner}: {readonly mode: number; readonly owner: User | undefined},
): Promise<FileHandle> {
  try {
    const file = `/proc/self/fd/${parent.fd}/${name}`;
    const isNew = await mkdir(file, {mode}).then(
      () => true,
      error => {
        if (errorCode(error) !== 'EEXIST') throw error;
        return false;
      },
    );
    const folder = await openFolder(file);
    if (isNew && owner) await folder.chown(owner.uid, owner.gid);
    return folder;
  } finally {
    await parent.close();
  }
}

const foreign = (root: string, deployment: string): TakoError =>
  new TakoError('FOLDER_FOREIGN', `${dataFolderOf(root, deployment)} belongs to another user`, {
    hint: 'move it away, or give it back to root',
  });
