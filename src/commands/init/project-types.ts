import path from 'node:path';
import {CONFIG_FILE, loadProject} from '../../config/load-project.js';
import {TakoError} from '../../system/error.js';
import {refreshTypes} from '../generate/generate-types.js';
import {printNote} from '../output.js';
import type {PlannedFile} from './write-files.js';

/**
 * Writes the types of every app that has its tako.toml from these files, or in the folder, where its code has a use for
 * them; which files those are. What speaks against it is told, and is no reason to take back what is there.
 */
export async function writeProjectTypes(
  folder: string,
  files: readonly PlannedFile[],
): Promise<readonly Pick<PlannedFile, 'file' | 'before'>[]> {
  const configs = files.filter(({file}) => path.basename(file) === CONFIG_FILE).map(({file}) => path.dirname(file));
  const folders = configs.length > 0 ? configs : [folder];
  const written = [];
  for (const directory of folders) written.push(...(await writeTypesOf(directory)));
  return written;
}

async function writeTypesOf(directory: string): Promise<readonly Pick<PlannedFile, 'file' | 'before'>[]> {
  try {
    const types = await refreshTypes(await loadProject({directory}));
    if (!types) return [];
    return [{file: types.file, before: types.isThere ? types.text : undefined}];
  } catch (error) {
    if (!(error instanceof TakoError)) throw error;
    printNote(`its types are not written: ${error.message} [${error.code}]`);
    return [];
  }
}
