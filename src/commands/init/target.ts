import {readdirSync} from 'node:fs';
import path from 'node:path';
import type {Config} from '../../config/config.js';
import {CONFIG_FILE} from '../../config/load-project.js';
import {defaultConfig, parseConfig} from '../../config/parse-config.js';
import {invalidFile} from '../../config/problem.js';
import {readProjectFacts} from '../../config/project-facts.js';
import {findFallbackName} from '../../config/project-name.js';
import {renderRoute} from '../../proxy/route-syntax.js';
import {errorCode, TakoError} from '../../system/error.js';
import {readTextIfExists} from '../../system/files.js';
import {describeProject, type ProjectKind} from './project-kind.js';

/** The folder that `tako init` is about, as it is before. */
export type Target = {
  /** Absolute. */
  readonly folder: string;
  /** The app's name as the folder says it. */
  readonly name: string;
  readonly kind: ProjectKind;
  /** Its tako.toml, when there is one that can be read. */
  readonly config: WrittenConfig | undefined;
};

export type WrittenConfig = {
  readonly text: string;
  /** Of the file itself. Undefined: it has none. */
  readonly name: string | undefined;
  /** Of production, as they are written. */
  readonly routes: readonly string[];
};

/** Throws CONFIG_INVALID for a tako.toml with problems. */
export async function readTarget(folder: string): Promise<Target> {
  const name = await findFallbackName(folder);
  const text = await readTextIfExists(path.join(folder, CONFIG_FILE));
  const config = text === undefined ? defaultConfig(name) : configOf(text);
  return {
    folder,
    name,
    kind: describeProject(config, await readProjectFacts(folder)),
    config: text === undefined ? undefined : writtenConfig(text, config),
  };
}

function configOf(text: string): Config {
  const parsed = parseConfig(text, CONFIG_FILE);
  if (!parsed.ok) throw invalidFile(CONFIG_FILE, parsed.problems);
  return parsed.value;
}

const writtenConfig = (text: string, {name, writtenKeys, environments}: Config): WrittenConfig => ({
  text,
  name: writtenKeys.includes('name') ? name : undefined,
  routes: (environments.production?.routes ?? []).map(renderRoute),
});

/** What a folder may have in it and still count as empty: what git, editors and systems put there. */
const NOTHING: ReadonlySet<string> = new Set([
  ...['.git', '.gitattributes', '.idea', '.vscode', '.DS_Store', 'LICENSE', 'LICENSE.md'],
]);

/** Whether a new app can begin there. A folder that is not there is empty. */
export function isEmptyFolder(folder: string): boolean {
  try {
    return readdirSync(folder).every(name => NOTHING.has(name));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return true;
    if (errorCode(error) === 'ENOTDIR') return false;
    throw error;
  }
}

/** Throws FOLDER_NOT_EMPTY. */
export function assertEmpty(folder: string): void {
  if (isEmptyFolder(folder)) return;
  throw new TakoError('FOLDER_NOT_EMPTY', `${folder} has files in it, and a template is for a new app`, {
    hint: 'name another folder; for the app that is there, run tako init without a template',
  });
}
