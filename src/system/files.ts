import {randomBytes} from 'node:crypto';
import {chmod, mkdir, open, readFile, rename, rm} from 'node:fs/promises';
import {errorCode} from './error.js';

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
    await rm(temporary, {force: true});
    throw error;
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

/** Makes the folder and its parents; the folder itself ends with mode 0700 even if it existed with another. */
export async function ensurePrivateFolder(folder: string): Promise<string> {
  await mkdir(folder, {recursive: true, mode: PRIVATE_FOLDER});
  await chmod(folder, PRIVATE_FOLDER);
  return folder;
}
