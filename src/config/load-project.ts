import {readFile, realpath, stat} from 'node:fs/promises';
import {homedir} from 'node:os';
import path from 'node:path';
import {errorCode, TakoError} from '../system/error.js';
import type {Config} from './config.js';
import {exists, projectFolders} from './folders.js';
import {defaultConfig, parseConfig} from './parse-config.js';
import {type ConfigProblem, invalidFile} from './problem.js';
import {findFallbackName} from './project-name.js';

export const CONFIG_FILE = 'tako.toml';

export type Project = {
  /** Where the app is: the folder of its tako.toml. Absolute, without links, so that it can be an identity. */
  readonly directory: string;
  /** Undefined when there is no tako.toml. */
  readonly configFile: string | undefined;
  readonly config: Config;
  readonly warnings: readonly ConfigProblem[];
};

export type ProjectOptions = {
  /** Where the user is. */
  readonly directory: string;
  /** What the user gave with `-c`: used as it is, `.toml` added where it is missing. */
  readonly configFile?: string | undefined;
  readonly home?: string;
};

/**
 * Finds and reads the project. Without `configFile`, the tako.toml in `directory` or the nearest one around it, up to the
 * folder with `.git` and never the home folder or the root; when there is none, `directory` with every default.
 * Throws CONFIG_NOT_FOUND for a `configFile` that is not there, and what `loadConfig` throws.
 */
export async function loadProject({directory, configFile, home = homedir()}: ProjectOptions): Promise<Project> {
  const start = await realpath(directory);
  const file =
    configFile === undefined
      ? await findConfigFile(start, home)
      : await resolveConfigFile(path.resolve(start, configFile));
  if (file === undefined) {
    return {
      directory: start,
      configFile: undefined,
      config: defaultConfig(await findFallbackName(start)),
      warnings: [],
    };
  }
  return {directory: path.dirname(file), configFile: file, ...(await loadConfig(file))};
}

/** Reads a tako.toml. Throws CONFIG_INVALID with every problem as a line of its details, or CONFIG_UNREADABLE. */
export async function loadConfig(file: string): Promise<Pick<Project, 'config' | 'warnings'>> {
  const fallbackName = await findFallbackName(path.dirname(file));
  const parsed = parseConfig(await readConfigText(file), path.basename(file), fallbackName);
  if (!parsed.ok) throw invalidFile(file, parsed.problems);
  return {config: parsed.value, warnings: parsed.warnings};
}

async function findConfigFile(directory: string, home: string): Promise<string | undefined> {
  for (const folder of await projectFolders(directory, home)) {
    const file = path.join(folder, CONFIG_FILE);
    if (await exists(file)) return file;
  }
  return undefined;
}

async function resolveConfigFile(given: string): Promise<string> {
  if (await isFolder(given)) {
    throw notFound(`${given} is a folder, not a config file`, `pass the file: -c ${path.join(given, CONFIG_FILE)}`);
  }
  const file = given.endsWith('.toml') ? given : `${given}.toml`;
  const folder = path.dirname(file);
  if (!(await isFolder(folder))) throw notFound(`there is no folder ${folder}`, CHECK_PATH);
  if (!(await exists(file))) throw notFound(`there is no config file ${file}`, `${CHECK_PATH}, or run tako init`);
  return path.join(await realpath(folder), path.basename(file));
}

const CHECK_PATH = 'check the path given with -c';

async function readConfigText(file: string): Promise<string> {
  try {
    // Anything else, such as a pipe, might never end.
    if (!(await stat(file)).isFile()) throw new Error('it is not a file');
    return new TextDecoder('utf-8', {fatal: true}).decode(await readFile(file));
  } catch (cause) {
    throw new TakoError('CONFIG_UNREADABLE', `cannot read ${file}: ${reasonOf(cause)}`, {cause});
  }
}

function reasonOf(cause: unknown): string {
  const code = errorCode(cause);
  if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return 'it is not valid UTF-8';
  return code ?? (cause instanceof Error ? cause.message : 'unknown reason');
}

async function isFolder(file: string): Promise<boolean> {
  try {
    return (await stat(file)).isDirectory();
  } catch {
    return false;
  }
}

const notFound = (message: string, hint: string): TakoError => new TakoError('CONFIG_NOT_FOUND', message, {hint});
