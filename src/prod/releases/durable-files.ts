// Files that are whole or not there, after a kill and after a loss of power: temporary file, fsync, rename, and fsync of
// the folder, which is what makes the new name last.

import {randomBytes} from 'node:crypto';
import {chmod, type FileHandle, mkdir, open, readdir, rename, rm, stat} from 'node:fs/promises';
import path from 'node:path';
import {INSTANCE_MARKER} from '../../supervisor/spawn.js';
import {errorCode} from '../../system/error.js';
import {PRIVATE_FILE} from '../../system/files.js';
import {environmentHas} from '../../system/processes.js';

/** Tells this process from all others that have had its number, where the holder has started it. */
const MARKER = process.env[INSTANCE_MARKER] ?? '';

/** A name that nobody else has, for what is not yet or no longer whole. It says who is at it. */
export const temporaryName = (of: string): string =>
  `.${of}.${process.pid}-${MARKER}.${randomBytes(8).toString('hex')}.tmp`;

/** Whether `temporaryName` made this name, for `of` if that is given. */
export const isTemporary = (name: string, of = ''): boolean => name.startsWith(`.${of}`) && name.endsWith('.tmp');

/** Of what does not say who is at it: an upload or an assembly that changed nothing for this long is of nobody any more. */
export const ABANDONED_MS = 60 * 60_000;

/** Writes a file that lasts once this has returned. */
export async function writeDurably(file: string, data: string | Uint8Array): Promise<void> {
  const folder = path.dirname(file);
  const temporary = path.join(folder, temporaryName(path.basename(file)));
  try {
    await writeNew(temporary, PRIVATE_FILE, handle => handle.writeFile(data));
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, {force: true});
    throw error;
  }
  await syncFolder(folder);
}

/** Makes a file, its content and mode on the disk when this returns. Who calls takes it away when this fails. */
export async function writeNew(
  file: string,
  mode: number,
  write: (handle: FileHandle) => Promise<unknown>,
): Promise<void> {
  const handle = await open(file, 'wx', PRIVATE_FILE);
  try {
    await write(handle);
    // Not at open, where the umask has its say.
    await handle.chmod(mode);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** What was made, renamed or removed in a folder lasts from here on. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes a folder that lasts, whose parent does. One that is there stays as it is, with its mode. */
export async function ensureDurableFolder(folder: string, mode: number): Promise<void> {
  try {
    await mkdir(folder, {mode});
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return;
    if (errorCode(error) !== 'ENOENT') throw error;
    await ensureDurableFolder(path.dirname(folder), mode);
    return ensureDurableFolder(folder, mode);
  }
  // Whatever the umask is.
  await chmod(folder, mode);
  await syncFolder(path.dirname(folder));
}

/** The names in a folder; none when there is no folder. */
export async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
}

/** Takes away the temporary files and folders in a folder whose process has gone, or that nobody touched for ABANDONED_MS. */
export async function removeAbandoned(folder: string, now: number): Promise<void> {
  for (const name of (await namesIn(folder)).filter(one => isTemporary(one))) {
    const place = path.join(folder, name);
    if ((await hasNoMaker(name)) || now - (await changedAt(place)) > ABANDONED_MS)
      await rm(place, {recursive: true, force: true});
  }
}

/** Whether the process that the name speaks of has gone. */
async function hasNoMaker(name: string): Promise<boolean> {
  const [, pid, marker] = /\.(\d+)-([0-9a-f]+)\.[0-9a-f]+\.tmp$/.exec(name) ?? [];
  return marker !== undefined && !(await environmentHas(Number(pid), `${INSTANCE_MARKER}=${marker}`));
}

/** When the file, its links or its mode changed last; in the future for one that has gone. */
async function changedAt(place: string): Promise<number> {
  try {
    return (await stat(place)).ctimeMs;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return Number.POSITIVE_INFINITY;
    throw error;
  }
}
