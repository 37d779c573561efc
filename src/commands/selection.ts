// Which apps a command is about: that of this folder, all of this workspace, or those of it that are named.

import {realpath} from 'node:fs/promises';
import path from 'node:path';
import {exists} from '../config/folders.js';
import {CONFIG_FILE, loadProject, type Project} from '../config/load-project.js';
import {defaultConfig} from '../config/parse-config.js';
import {findWorkspace, findWorkspaceApps, type WorkspaceApp} from '../config/workspace.js';
import {TakoError} from '../system/error.js';
import {nearest} from '../system/suggestion.js';

export type Selection =
  /** The app of this folder. `words` are its command; none to have it found. */
  | {readonly type: 'folder'; readonly words: readonly string[]}
  /** Apps of the workspace that were asked for by their names. */
  | {readonly type: 'named'; readonly apps: readonly WorkspaceApp[]}
  /** All apps of the workspace. */
  | {readonly type: 'workspace'; readonly apps: readonly WorkspaceApp[]};

/** What there is around the folder a command is run in. */
export type Surroundings = {
  /** Those of the workspace it is in. */
  readonly apps: readonly WorkspaceApp[];
  /** Whether it is the root of the workspace, and no app itself. */
  readonly isBareRoot: boolean;
};

export async function readSurroundings(directory: string): Promise<Surroundings> {
  const folder = await realpath(directory);
  const workspace = await findWorkspace(folder);
  if (!workspace) return {apps: [], isBareRoot: false};
  const isBareRoot = workspace.root === folder && !(await exists(path.join(folder, CONFIG_FILE)));
  return {apps: await findWorkspaceApps(workspace.root), isBareRoot};
}

/** Words are names when all of them are, else a command. Throws NO_SUCH_APP for one that was meant to be a name. */
export function decideSelection(words: readonly string[], {apps, isBareRoot}: Surroundings): Selection {
  if (words.length === 0) {
    return isBareRoot && apps.length > 0 ? {type: 'workspace', apps} : {type: 'folder', words};
  }
  const names = [...new Set(apps.map(({name}) => name))];
  const unknown = words.filter(word => !names.includes(word));
  const [first] = unknown;
  if (first === undefined) return {type: 'named', apps: apps.filter(({name}) => words.includes(name))};
  if (unknown.length < words.length && areMeantAsNames(words, names)) throw unknownName(first, names);
  return {type: 'folder', words};
}

/** A command begins with a program: not with the name of an app, and hardly with what is almost one. */
function areMeantAsNames(words: readonly string[], names: readonly string[]): boolean {
  const [program = ''] = words;
  return words.every(word => NAME.test(word)) && nearest(program, names) !== undefined;
}

const NAME = /^[a-z][a-z0-9-]*$/i;

/** Throws NO_SUCH_APP, with the name that was probably meant. */
export function unknownName(name: string, known: readonly string[]): TakoError {
  const suggestion = nearest(name, known);
  return new TakoError('NO_SUCH_APP', `there is no app ${name} here`, {
    hint: suggestion === undefined ? `there are: ${known.join(', ')}` : `did you mean ${suggestion}?`,
    details: suggestion === undefined ? [] : [`there are: ${known.join(', ')}`],
  });
}

/** Reads the project of an app of a workspace: one without a tako.toml has none, also where a folder around it does. */
export async function loadWorkspaceApp({name, directory, configFile}: WorkspaceApp): Promise<Project> {
  if (configFile !== undefined) return loadProject({directory, configFile});
  return {directory: await realpath(directory), configFile: undefined, config: defaultConfig(name), warnings: []};
}
