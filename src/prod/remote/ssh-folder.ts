// The folder of a connection's control socket. It is named by the process that made it, so that another one can tell
// when nobody is left to take it away.

import {rmSync} from 'node:fs';
import {mkdtemp, readdir, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {errorCode} from '../../system/error.js';
import {exitAtSignals} from '../../system/interruption.js';

export type SshFolder = {readonly path: string; remove(): Promise<void>};

const PREFIX = 'tako-ssh-';
/** A socket's name has at most 103 bytes; ssh adds 17 to ours while it makes it, and we 26 to the folder's. */
const MAX_PARENT_LENGTH = 60;

/** Those of this process. */
const folders = new Set<string>();

/** Makes the folder; it goes when the process ends, but for kill -9 and power loss, of which the next call takes them away. */
export async function makeSshFolder(): Promise<SshFolder> {
  const parent = tmpdir().length > MAX_PARENT_LENGTH ? '/tmp' : tmpdir();
  await removeLeftovers(parent);
  exitAtSignals();
  if (folders.size === 0) process.on('exit', removeAll);
  const folder = await mkdtemp(path.join(parent, `${PREFIX}${process.pid}-`));
  folders.add(folder);
  return {
    path: folder,
    async remove() {
      await rm(folder, {recursive: true, force: true});
      folders.delete(folder);
      if (folders.size === 0) process.off('exit', removeAll);
    },
  };
}

function removeAll(): void {
  for (const folder of folders) {
    try {
      rmSync(folder, {recursive: true, force: true});
    } catch {
      // ssh may be making its socket: the next connection takes the folder away.
    }
  }
}

/** Of processes that have ended. Never rejects: those of other users are theirs. */
async function removeLeftovers(parent: string): Promise<void> {
  const names = await readdir(parent).catch(() => []);
  const left = names.filter(name => isLeft(new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1]));
  await Promise.allSettled(left.map(name => rm(path.join(parent, name), {recursive: true, force: true})));
}

const isLeft = (pid: string | undefined): boolean => pid !== undefined && !isAlive(Number(pid));

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return errorCode(error) !== 'ESRCH';
  }
}
