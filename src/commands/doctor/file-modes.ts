import {chmod, lstat} from 'node:fs/promises';
import path from 'node:path';
import {authorityFiles} from '../../ca/authority-files.js';
import type {DaemonFiles} from '../../devproxy/daemon-files.js';
import {errorCode} from '../../system/error.js';
import {quoteWord} from '../../system/exec.js';
import {PRIVATE_FILE, PRIVATE_FOLDER} from '../../system/files.js';
import {broken, type Finding, fine} from './finding.js';

/** A file or folder that is to be the user's alone, as it was found. */
export type PrivateFile = {
  readonly path: string;
  /** The permission bits that it has, and those that it may have. */
  readonly mode: number;
  readonly wanted: number;
  readonly uid: number;
};

export async function readModes({authority, leaves, socket}: DaemonFiles): Promise<readonly PrivateFile[]> {
  const files = [
    {path: authority, wanted: PRIVATE_FOLDER},
    {path: authorityFiles(authority).key, wanted: PRIVATE_FILE},
    {path: leaves, wanted: PRIVATE_FOLDER},
    {path: path.dirname(socket), wanted: PRIVATE_FOLDER},
  ];
  return (await Promise.all(files.map(readMode))).filter(file => file !== undefined);
}

async function readMode({path: file, wanted}: Pick<PrivateFile, 'path' | 'wanted'>): Promise<PrivateFile | undefined> {
  try {
    const {mode, uid} = await lstat(file);
    return {path: file, mode: mode & 0o777, wanted, uid};
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** What others may do beside what is wanted. Less than that is the user's choice. */
export const isTooOpen = ({mode, wanted}: PrivateFile): boolean => (mode & ~wanted) !== 0;

export function checkModes(files: readonly PrivateFile[], uid: number | undefined): readonly Finding[] {
  const foreign = files.filter(file => uid !== undefined && uid !== 0 && file.uid !== uid);
  const open = files.filter(isTooOpen);
  const findings = [
    ...foreign.map(file =>
      broken(
        'file-modes',
        `${file.path} belongs to another user (uid ${file.uid})`,
        `sudo chown -R "$USER" ${quoteWord(file.path)}`,
      ),
    ),
    ...open.map(file =>
      broken(
        'file-modes',
        `${file.path} is open to others (mode ${octal(file.mode)})`,
        `chmod ${octal(file.wanted)} ${quoteWord(file.path)}`,
      ),
    ),
  ];
  if (findings.length > 0 || files.length === 0) return findings;
  return [fine('file-modes', 'keys and sockets are yours alone')];
}

export const octal = (mode: number): string => mode.toString(8).padStart(4, '0');

/** Takes from others what is too much. */
export const closeFile = ({path: file, wanted}: PrivateFile): Promise<void> => chmod(file, wanted);
