import path from 'node:path';
import {TakoError} from '../system/error.js';
import {exists} from './folders.js';
import {CONFIG_FILE, loadConfig, type Project} from './load-project.js';
import {defaultConfig} from './parse-config.js';
import {findFallbackName} from './project-name.js';

/** With `error`, `project` is still the last good one. */
export type Reloaded = {readonly project: Project; readonly error: TakoError | undefined};

/**
 * Reads a project's config again. A file that cannot be read, is not valid or is gone changes nothing: the last good state stays,
 * and the error says every problem with its line. A tako.toml that was not there before is taken up.
 */
export async function reloadProject(last: Project): Promise<Reloaded> {
  try {
    return {project: await readAgain(last), error: undefined};
  } catch (error) {
    if (!(error instanceof TakoError)) throw error;
    return {project: last, error};
  }
}

async function readAgain(last: Project): Promise<Project> {
  const file = last.configFile ?? path.join(last.directory, CONFIG_FILE);
  if (await exists(file)) return {...last, configFile: file, ...(await loadConfig(file))};
  if (last.configFile === undefined) return {...last, config: defaultConfig(await findFallbackName(last.directory))};
  throw new TakoError('CONFIG_NOT_FOUND', `${file} is gone`, {hint: 'its last state stays in use until it is back'});
}
