import {access, stat} from 'node:fs/promises';
import path from 'node:path';
import {errorCode} from '../system/error.js';
import type {LaunchSpec} from './launch-spec.js';

/** Why there is no process. */
export type SpawnFailure =
  | {readonly outcome: 'command-not-found'; readonly searched: readonly string[]}
  | {readonly outcome: 'interpreter-missing'; readonly file: string}
  | {readonly outcome: 'command-not-executable'}
  | {readonly outcome: 'folder-missing'}
  | {readonly outcome: 'spawn-failed'; readonly cause: unknown};

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
  return {outcome: 'command-not-found', searched};
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
