import {randomBytes} from 'node:crypto';
import {chmod, lstat, mkdir, open, readFile, rename, rm} from 'node:fs/promises';
import {errorCode, TakoError} from './error.js';

/** Readable and writable by its owner only. */
export const PRIVATE_FILE = 0o600;
export const PRIVATE_FOLDER = 0o700;
export const PUBLIC_FILE = 0o644;

/**
 * Writes `data` so that a reader, or a crash at any moment, finds the old content or the new, never a part:
 * temporary file beside the target, fsync, rename.
 */
export async function writeFileAtomic(file: string, data: string | Uint8Array, mode = PRIVATE_FILE): Promise<void> {
  const temporary = `${file}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    const handle = await open(temporary, 'wx', mode);
    try {
      await handle.writeFile(data);
      await handle.chmod(mode);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, {force: true}).catch(() => undefined);
    throw explainFileError(error, file);
  }
}

/** The content of a text file, or undefined when there is none. */
export async function readTextIfExists(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** Makes the folder and its parents if need be, private where they are new. One that exists keeps its mode. */
export async function ensureFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, {recursive: true, mode: PRIVATE_FOLDER});
  } catch (error) {
    throw explainFileError(error, folder);
  }
}

/**
 * Makes a folder for this user alone, mode 0700. Only for folders that are tako's by their name: one that exists gets
 * that mode too. Throws FOLDER_FOREIGN for a link or another user's folder, which somebody may have put there.
 */
export async function ensurePrivateFolder(folder: string): Promise<void> {
  await ensureFolder(folder);
  const info = await lstat(folder);
  if (!info.isDirectory() || info.uid !== (process.getuid?.() ?? info.uid)) {
    throw new TakoError('FOLDER_FOREIGN', `${folder} is not a folder of this user`, {
      hint: 'it has to be private to you: delete it, or run tako as its owner',
    });
  }
  await chmod(folder, PRIVATE_FOLDER);
}

/** System errors that a user can do something about; the others are bugs. */
const FILE_PROBLEMS: Readonly<Record<string, string>> = {
  EACCES: 'this user has no right to',
  EPERM: 'this user has no right to',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota is used up',
  ENOTDIR: 'a part of the path is a file',
};

/** FILE_NOT_WRITABLE for what a user can mend; any other error as it is. */
export function explainFileError(error: unknown, file: string): unknown {
  const reason = FILE_PROBLEMS[errorCode(error) ?? ''];
  if (reason === undefined) return error;
  return new TakoError('FILE_NOT_WRITABLE', `${file} cannot be written: ${reason}`, {
    hint: 'make it writable, or set TAKO_HOME to another folder',
    cause: error,
  });
}
