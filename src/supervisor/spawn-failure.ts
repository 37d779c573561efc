import {access, readdir, stat} from 'node:fs/promises';
import path from 'node:path';
import {errorCode} from '../system/error.js';
import type {Facts} from './diagnosis/facts.js';
import {gatherProject} from './diagnosis/gather-facts.js';
import {quote} from './diagnosis/output.js';
import {similarName} from './diagnosis/similar-name.js';
import type {LaunchSpec} from './launch-spec.js';

/** Why there is no process. */
export type SpawnFailure =
  | CommandNotFound
  | {readonly outcome: 'interpreter-missing'; readonly file: string}
  | {readonly outcome: 'command-not-executable'}
  | {readonly outcome: 'folder-missing'}
  | {readonly outcome: 'spawn-failed'; readonly cause: unknown};

export type CommandNotFound = {
  readonly outcome: 'command-not-found';
  /** The folders in which it is not. */
  readonly searched: readonly string[];
  /** A program that is there and has almost this name. */
  readonly similar: string | undefined;
  /** What the project says, as it may bring the program along. */
  readonly facts: Facts;
};

/** The system says ENOENT for a missing folder, program and interpreter alike, so it is looked at again. */
export async function explainSpawnFailure(spec: LaunchSpec, cause: unknown): Promise<SpawnFailure> {
  if (!(await isFolder(spec.directory))) return {outcome: 'folder-missing'};
  switch (errorCode(cause)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return explainMissing(spec);
    case 'EACCES':
      return {outcome: 'command-not-executable'};
    default:
      return {outcome: 'spawn-failed', cause};
  }
}

async function explainMissing(spec: LaunchSpec): Promise<SpawnFailure> {
  const searched = searchedFolders(spec);
  for (const folder of searched) {
    const file = path.resolve(folder, spec.command[0] ?? '');
    if (await exists(file)) return {outcome: 'interpreter-missing', file};
  }
  const [similar, facts] = await Promise.all([findSimilar(spec, searched), gatherProject(spec.directory)]);
  return {outcome: 'command-not-found', searched, similar, facts};
}

/** A program of the searched folders, or a file beside the one that is missing, that may have been meant. */
async function findSimilar({command, directory}: LaunchSpec, searched: readonly string[]): Promise<string | undefined> {
  const [program = ''] = command;
  const folder = path.dirname(program);
  const folders = program.includes('/') ? [path.resolve(directory, folder)] : searched;
  const names = await Promise.all(folders.map(entry => readdir(entry).catch(() => [])));
  const similar = similarName(path.basename(program), names.flat().map(quote));
  if (similar === undefined || !program.includes('/')) return similar;
  return program.slice(0, program.lastIndexOf('/') + 1) + similar;
}

/** Where the system looks: PATH for a bare name; a name with a slash counts from the working folder. */
function searchedFolders({command, directory, environment}: LaunchSpec): readonly string[] {
  if (command[0]?.includes('/')) return [directory];
  const entries = environment.PATH?.split(path.delimiter) ?? [];
  return entries.map(entry => path.resolve(directory, entry));
}

const isFolder = (folder: string): Promise<boolean> =>
  stat(folder).then(
    stats => stats.isDirectory(),
    () => false,
  );

const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );
