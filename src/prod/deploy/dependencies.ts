// The packages that a release runs with. They are installed here, for the server's platform, in a clean folder: the server
// asks no registry for anything, and what runs there is what the lockfile says. An installation is kept under a hash of
// all that it depends on, so that the next deploy with the same lockfile installs nothing.

import {randomBytes} from 'node:crypto';
import {mkdir, readdir, rename, rm, stat, utimes} from 'node:fs/promises';
import path from 'node:path';
import {exists} from '../../config/folders.js';
import type {Platform} from '../../control/server-methods.js';
import {TakoError} from '../../system/error.js';
import {runtimePackages} from './build-steps.js';
import {type ClientPlatform, isSamePlatform} from './client-platform.js';
import {type InstallSettings, installCommand, installEnvironment} from './install-command.js';
import {findLockfile, installKey, type Lockfile, readInstallInput, writeInstallInput} from './install-input.js';
import {findNativePackages, nativePackages} from './native-packages.js';
import type {ProjectRoot} from './project-root.js';
import {type OnOutput, runCommand} from './run-command.js';

export type Dependencies = {
  /** As the release's root: its node_modules folders are in the places that they have there. */
  readonly folder: string;
  /** Folders that have a node_modules, relative to it. */
  readonly modules: readonly string[];
  /** Whether they were there from an earlier deploy. */
  readonly isCached: boolean;
};

export type DependenciesOptions = {
  readonly root: ProjectRoot;
  readonly platform: Platform;
  readonly client: ClientPlatform;
  readonly runtimeMajor: number;
  /** Where installations are kept. */
  readonly cacheFolder: string;
  readonly environment: NodeJS.ProcessEnv;
};

/**
 * Installs what a release needs, or finds it. Undefined: its packages ask for none. Throws LOCKFILE_MISSING, INSTALL_FAILED with
 * the last lines, NATIVE_PACKAGES.
 */
export async function ensureDependencies(
  options: DependenciesOptions,
  onOutput: OnOutput,
  signal: AbortSignal,
): Promise<Dependencies | undefined> {
  const {root, client, platform, runtimeMajor, cacheFolder} = options;
  if (!needsInstall(root)) return undefined;
  const lockfile = await requireLockfile(root);
  const settings: InstallSettings = {
    manager: lockfile.manager,
    platform,
    member: root.workspace ? root.packages.at(-1)?.package.name : undefined,
    runsScripts: isSamePlatform(client, platform, runtimeMajor),
  };
  const input = await readInstallInput(root, lockfile, settings);
  const folder = path.join(cacheFolder, installKey(input, settings, runtimeMajor));
  const isCached = await exists(folder);
  if (!isCached) {
    await pruneInstallations(cacheFolder);
    await installInto(folder, settings, options.environment, {
      prepare: temporary => writeInstallInput(input, temporary),
      root,
      onOutput,
      signal,
    });
  }
  await utimes(folder, new Date(), new Date());
  return {folder, modules: await findModules(folder, root), isCached};
}

/** Whether a package that the release needs asks for one that is not in the workspace. */
export function needsInstall(root: ProjectRoot): boolean {
  const own = new Set(root.packages.map(({package: {name}}) => name));
  return runtimePackages(root).some(({package: {dependencies}}) =>
    Object.keys(dependencies).some(name => !own.has(name)),
  );
}

async function requireLockfile({root}: ProjectRoot): Promise<Lockfile> {
  const lockfile = await findLockfile(root);
  if (lockfile) return lockfile;
  throw new TakoError(
    'LOCKFILE_MISSING',
    `there is no lockfile in ${root}, so nothing says which packages a release gets`,
    {
      hint: 'run npm install (or pnpm, yarn or bun install) there: it writes one',
    },
  );
}

type Installing = {
  readonly root: ProjectRoot;
  readonly prepare: (folder: string) => Promise<void>;
  readonly onOutput: OnOutput;
  readonly signal: AbortSignal;
};

/** Installs beside the folder and moves it there when all is well, so that one that is there is complete. */
async function installInto(
  folder: string,
  settings: InstallSettings,
  environment: NodeJS.ProcessEnv,
  {prepare, root, onOutput, signal}: Installing,
): Promise<void> {
  const temporary = `${folder}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`;
  await mkdir(temporary, {recursive: true});
  try {
    await prepare(temporary);
    await runCommand(
      {
        line: installCommand(settings),
        directory: temporary,
        environment: installEnvironment(settings, environment),
        failure: {
          code: 'INSTALL_FAILED',
          message: 'the packages of the release could not be installed',
          hint: 'the lockfile must fit package.json: install in the project, and try again',
        },
      },
      onOutput,
      signal,
    );
    if (!settings.runsScripts) await refuseNative(temporary, root, settings.platform);
    await moveThere(temporary, folder);
  } finally {
    await rm(temporary, {recursive: true, force: true});
  }
}

async function refuseNative(folder: string, root: ProjectRoot, platform: Platform): Promise<void> {
  const modules = (await findModules(folder, root)).map(place => path.join(folder, place, 'node_modules'));
  const names = (await Promise.all(modules.map(place => findNativePackages(place, platform)))).flat();
  if (names.length > 0) throw nativePackages([...new Set(names)].sort(), platform);
}

/** Another deploy may have been faster, with the same. */
async function moveThere(temporary: string, folder: string): Promise<void> {
  await rename(temporary, folder).catch(async error => {
    if (!(await exists(folder))) throw error;
  });
}

async function findModules(folder: string, root: ProjectRoot): Promise<readonly string[]> {
  const candidates = [...new Set(['.', ...runtimePackages(root).map(member => member.folder)])];
  const found = candidates.map(async candidate => exists(path.join(folder, candidate, 'node_modules')));
  const there = await Promise.all(found);
  return candidates.filter((_, index) => there[index]);
}

/** Installations kept: of several projects, platforms and branches; each has some ten to hundred MB. */
const KEPT_INSTALLATIONS = 10;
/** What an installation that was cut off left. None takes so long. */
const ABANDONED_AFTER_MS = 24 * 60 * 60_000;

async function pruneInstallations(cacheFolder: string): Promise<void> {
  const names = await readdir(cacheFolder).catch(() => []);
  const dated = await Promise.all(
    names.map(async name => {
      const {mtimeMs} = await stat(path.join(cacheFolder, name)).catch(() => ({mtimeMs: 0}));
      return {name, mtimeMs, isTemporary: name.endsWith('.tmp')};
    }),
  );
  const complete = dated.filter(({isTemporary}) => !isTemporary).sort((a, b) => b.mtimeMs - a.mtimeMs);
  const abandoned = dated.filter(({isTemporary, mtimeMs}) => isTemporary && Date.now() - mtimeMs > ABANDONED_AFTER_MS);
  for (const {name} of [...complete.slice(KEPT_INSTALLATIONS - 1), ...abandoned]) {
    await rm(path.join(cacheFolder, name), {recursive: true, force: true});
  }
}
