import path from 'node:path';
import {TakoError} from '../../system/error.js';
import {type ConfigFlag, loadCurrentProject} from '../context.js';
import {printJson, printNote} from '../output.js';
import {generateTypes, planTypes, type TypesFile} from './generate-types.js';

export type GenerateFlags = ConfigFlag & {readonly check?: boolean; readonly json?: boolean};

/** Writes the types of this folder's project; with `check`, only says whether they are current. Throws TYPES_OUTDATED. */
export async function generate({check = false, json = false, ...flags}: GenerateFlags): Promise<void> {
  const project = await loadCurrentProject(flags);
  const types = check ? await planTypes(project) : await generateTypes(project);
  if (check && !types.isCurrent) throw outdated(types);
  const isWritten = !types.isCurrent;
  if (json) printJson({ok: true, file: types.file, isWritten});
  else printNote(`${shown(types)} ${isWritten ? 'is written' : 'is up to date'}`);
}

const outdated = (types: TypesFile): TakoError =>
  new TakoError(
    'TYPES_OUTDATED',
    types.isThere ? `${shown(types)} is not as tako.toml and the secrets say` : `there is no ${shown(types)}`,
    {hint: 'run "tako generate", and commit what it writes'},
  );

const shown = ({file}: TypesFile): string => path.relative(process.cwd(), file);
