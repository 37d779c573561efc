import {existsSync} from 'node:fs';
import {lstat, readFile, realpath} from 'node:fs/promises';
import path from 'node:path';
import {errorCode} from '../error.js';
import type {Run, ShellCommand} from '../exec.js';
import {changeFailed} from './change-failed.js';

// Files of the system, written by commands: only those can be run as somebody else.

export type FileState = {readonly content: string; readonly mode: number; readonly uid: number; readonly gid: number};

/** Undefined where there is no file. */
export async function readState(file: string): Promise<FileState | undefined> {
  try {
    const target = await realpath(file);
    const [content, {mode, uid, gid}] = await Promise.all([readFile(target, 'utf8'), lstat(target)]);
    return {content, mode: mode & 0o7777, uid, gid};
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** The folders above the file that are not there, outermost first. */
export function missingFolders(file: string): string[] {
  const folder = path.dirname(file);
  return existsSync(folder) ? [] : [...missingFolders(folder), folder];
}

/** Where a file's new content waits to take its place. */
const draftOf = (file: string): string => `${file}.tako-new`;

export type Write = {
  readonly path: string;
  readonly elevated: boolean;
  readonly content: string;
  /** As the file is to be; undefined: 0644 and whose the writer is. */
  readonly like: Omit<FileState, 'content'> | undefined;
};

/** A reader, or a crash at any moment, finds the old content or the new, where the file can be replaced at all. */
export async function writeAs(run: Run, {path: file, elevated, content, like}: Write): Promise<void> {
  const target = await realpath(file).catch(() => file);
  const draft = draftOf(target);
  const does = (...[program, ...args]: [string, ...string[]]): ShellCommand => ({file: program, args, elevated});
  await must(run, does('mkdir', '-p', path.dirname(target)));
  await must(run, does('tee', draft), content);
  await must(run, does('chmod', (like?.mode ?? 0o644).toString(8), draft));
  if (like) await must(run, does('chown', `${like.uid}:${like.gid}`, draft));
  await must(run, does('sync', draft));
  const {exitCode} = await run(does('mv', '-f', draft, target));
  if (exitCode === 0) return;
  // What is mounted, as /etc/hosts is in a container, can only be written in its place.
  await must(run, does('cp', draft, target));
  await must(run, does('rm', '-f', draft));
}

/** Takes away the file, and these folders where they are empty. */
export async function removeAs(run: Run, {path: file, elevated, folders}: Removal): Promise<void> {
  if (existsSync(file)) await must(run, {file: 'rm', args: ['-f', file], elevated});
  for (const folder of folders.filter(existsSync).toReversed()) await run({file: 'rmdir', args: [folder], elevated});
}

export type Removal = {readonly path: string; readonly elevated: boolean; readonly folders: readonly string[]};

/** Takes away what a crash has left beside the file. */
export async function removeDraft(run: Run, file: string, elevated: boolean): Promise<void> {
  const draft = draftOf(await realpath(file).catch(() => file));
  if (existsSync(draft)) await must(run, {file: 'rm', args: ['-f', draft], elevated});
}

/** Throws CHANGE_FAILED with what the command said. */
export async function must(run: Run, command: ShellCommand, input?: string): Promise<void> {
  const result = await run(command, input === undefined ? {} : {input});
  if (result.exitCode !== 0) throw changeFailed(command, result);
}
