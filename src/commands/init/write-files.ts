// Several files, all of them or none: what fails or is interrupted leaves a folder as it was.

import {chmod, mkdir, open, rm, rmdir, stat} from 'node:fs/promises';
import path from 'node:path';
import {errorCode, TakoError} from '../../system/error.js';
import {explainFileError, PUBLIC_FILE, writeFileAtomic} from '../../system/files.js';

/** A file to be written. */
export type PlannedFile = {
  /** Absolute. */
  readonly file: string;
  readonly content: string | Buffer;
  /** What it has in it now, which this replaces. Undefined: it must not be there. */
  readonly before?: string | undefined;
  readonly mode?: number;
};

type Undo = () => Promise<unknown>;

/**
 * Writes the files, and the folders they are in. Throws CONFIG_EXISTS for one that somebody else has made meanwhile,
 * FILE_NOT_WRITABLE, and the reason of the signal; then everything is as it was.
 */
export async function writeFiles(files: readonly PlannedFile[], signal: AbortSignal): Promise<void> {
  const undos: Undo[] = [];
  try {
    for (const planned of files) {
      signal.throwIfAborted();
      await makeFolder(path.dirname(planned.file), undos);
      await write(planned, undos);
    }
    signal.throwIfAborted();
  } catch (error) {
    for (const undo of undos.reverse()) await undo().catch(() => undefined);
    throw error;
  }
}

/** Only what was not there is taken away again. */
async function makeFolder(folder: string, undos: Undo[]): Promise<void> {
  if (await stat(folder).catch(() => undefined)) return;
  await makeFolder(path.dirname(folder), undos);
  await mkdir(folder).catch(error => {
    if (errorCode(error) !== 'EEXIST') throw explainFileError(error, folder);
  });
  undos.push(() => rmdir(folder));
}

async function write({file, content, before, mode = PUBLIC_FILE}: PlannedFile, undos: Undo[]): Promise<void> {
  if (before === undefined) return create({file, content, mode}, undos);
  const kept = (await stat(file)).mode & 0o777;
  await writeFileAtomic(file, content, kept);
  undos.push(() => writeFileAtomic(file, before, kept));
}

type NewFile = Required<Omit<PlannedFile, 'before'>>;

async function create({file, content, mode}: NewFile, undos: Undo[]): Promise<void> {
  try {
    // Never over an existing file, also not one that appears at this moment.
    const handle = await open(file, 'wx', mode);
    undos.push(() => rm(file));
    try {
      await handle.writeFile(content);
    } finally {
      await handle.close();
    }
    await chmod(file, mode);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw explainFileError(error, file);
    throw fileExists(file, error);
  }
}

const fileExists = (file: string, cause: unknown): TakoError =>
  new TakoError('CONFIG_EXISTS', `${file} exists already`, {hint: 'edit it, or move it away first', cause});
