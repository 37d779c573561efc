import path from 'node:path';
import {listFolder, readTextIfReadable} from '../../config/folders.js';
import type {Project} from '../../config/load-project.js';
import {varsFor} from '../../config/vars.js';
import {parseDotenv} from '../../secrets/dotenv.js';
import {readSecretNames} from '../../secrets/read-secrets.js';
import {TakoError} from '../../system/error.js';

/** A file of variables, which tako itself never loads. */
export type DotenvFile = {
  /** As it is called in the project's folder. */
  readonly file: string;
  /** In the order of the file. Empty where it cannot be read. */
  readonly names: readonly string[];
};

/** What stands for a file that is to be made, and what tools keep in theirs. */
const NOT_MEANT = ['example', 'sample', 'template', 'dist', 'defaults', 'test', 'vault', 'keys', 'schema'];

/**
 * The files of variables in a project's folder that may concern an environment: `.env`, `.env.local` and `.env.staging` do for
 * staging, `.env.production` does not. `environments` are the names of all there are.
 */
export async function findDotenvFiles(
  directory: string,
  environment: string,
  environments: readonly string[],
): Promise<readonly DotenvFile[]> {
  const others = [...environments, 'development', 'production'].filter(name => name !== environment);
  const isMeant = (name: string): boolean => {
    const [, first, ...words] = name.split('.');
    return first === 'env' && !words.some(word => others.includes(word) || NOT_MEANT.includes(word));
  };
  const names = (await listFolder(directory)).filter(({name, isFolder}) => !isFolder && isMeant(name));
  return Promise.all(names.map(async ({name}) => ({file: name, names: await readNames(path.join(directory, name))})));
}

async function readNames(file: string): Promise<readonly string[]> {
  try {
    return parseDotenv((await readTextIfReadable(file)) ?? '').map(({name}) => name);
  } catch (error) {
    if (error instanceof TakoError) return [];
    throw error;
  }
}

/**
 * A line for each file whose variables a release would lack: a framework that loads it on this machine has nothing to load on
 * a server. Nothing is said of a project whose secrets cannot be read; a deploy says that itself.
 */
export async function describeUnsentVariables(
  {directory, config}: Project,
  environment: string,
): Promise<readonly string[]> {
  const secrets = await readSecretNames(directory).catch(() => undefined);
  if (!secrets) return [];
  const known = [...Object.keys(varsFor(config, environment)), ...(secrets[environment] ?? [])];
  const files = await findDotenvFiles(directory, environment, Object.keys(config.environments));
  return files.flatMap(({file, names}) => {
    const missing = names.filter(name => !known.includes(name) && name !== 'NODE_ENV');
    return missing.length === 0
      ? []
      : [`${file} stays here, and with it ${missing.join(', ')}: "tako secrets import ${file} --env ${environment}"`];
  });
}
