import {homedir} from 'node:os';
import path from 'node:path';
import type {Named} from './config.js';
import {exists, projectFolders, readTextIfReadable} from './folders.js';
import {NO_PACKAGE, parseDenoTasks, parsePackageJson} from './package-json.js';

/** What the files of a project tell about how to run it. */
export type ProjectFacts = {
  readonly scripts: Named<string>;
  /** The `packageManager` of package.json, as it is there. */
  readonly packageManager: string | undefined;
  /** The package manager whose lockfile is nearest, in the project's folder or around it in the same repository. */
  readonly lockfile: string | undefined;
  readonly hasGoMod: boolean;
  readonly denoTasks: readonly string[];
  readonly hasManagePy: boolean;
  /** Names of files that are there but are not what their name says. */
  readonly malformed: readonly string[];
};

const LOCKFILES = [
  ['bun.lock', 'bun'],
  ['bun.lockb', 'bun'],
  ['pnpm-lock.yaml', 'pnpm'],
  ['yarn.lock', 'yarn'],
  ['package-lock.json', 'npm'],
  ['npm-shrinkwrap.json', 'npm'],
] as const;

/** Only looks; what cannot be made sense of is reported in `malformed`. */
export async function readProjectFacts(directory: string, home = homedir()): Promise<ProjectFacts> {
  const has = (name: string): Promise<boolean> => exists(path.join(directory, name));
  const packageJson = await readFirst(directory, ['package.json'], parsePackageJson);
  const deno = await readFirst(directory, ['deno.json', 'deno.jsonc'], parseDenoTasks);
  const {scripts, packageManager} = packageJson.content ?? NO_PACKAGE;
  return {
    scripts,
    packageManager,
    lockfile: await findLockfile(await projectFolders(directory, home)),
    hasGoMod: await has('go.mod'),
    denoTasks: deno.content ?? [],
    hasManagePy: await has('manage.py'),
    malformed: [...packageJson.malformed, ...deno.malformed],
  };
}

async function findLockfile(folders: readonly string[]): Promise<string | undefined> {
  for (const folder of folders) {
    for (const [name, packageManager] of LOCKFILES) {
      if (await exists(path.join(folder, name))) return packageManager;
    }
  }
  return undefined;
}

type FirstFile<T> = {readonly content: T | undefined; readonly malformed: readonly string[]};

async function readFirst<T>(
  directory: string,
  names: readonly string[],
  parse: (text: string) => T | undefined,
): Promise<FirstFile<T>> {
  for (const name of names) {
    const text = await readTextIfReadable(path.join(directory, name));
    if (text === undefined) continue;
    const content = parse(text);
    return {content, malformed: content === undefined ? [name] : []};
  }
  return {content: undefined, malformed: []};
}
