import {realpath} from 'node:fs/promises';
import {createRequire} from 'node:module';
import {homedir} from 'node:os';
import path from 'node:path';
import {LOCKFILES} from '../system/lockfiles.js';
import type {Command, Named} from './config.js';
import {exists, listFolder, projectFolders, readTextIfReadable} from './folders.js';
import type {PackageKind} from './framework.js';
import {MANIFESTS} from './manifests.js';
import {NO_PACKAGE, parseDenoTasks, parsePackageJson} from './package-json.js';

/** What the files of a project tell about how to run it. */
export type ProjectFacts = {
  readonly scripts: Named<string>;
  /** The `packageManager` of package.json, as it is there. */
  readonly packageManager: string | undefined;
  /** The package manager whose lockfile is nearest, in the project's folder or around it in the same repository. */
  readonly lockfile: string | undefined;
  /** Of package.json: package -> the range asked for. */
  readonly dependencies: Named<string>;
  readonly devDependencies: Named<string>;
  /** The `main` of package.json, when that file is there. */
  readonly main: string | undefined;
  /** The packages of every language that the project names. */
  readonly packages: Readonly<Record<PackageKind, readonly string[]>>;
  /** What is in the project's folder, and in those of its folders that often hold an entry: `main.py`, `src/index.ts`. */
  readonly files: readonly string[];
  readonly denoTasks: readonly string[];
  /** The words that run the project's own Python. */
  readonly python: Command;
  /** The version of Vite that is installed, also when a framework brings it. Undefined: none is. */
  readonly viteVersion: string | undefined;
  /** The programs of the package tako.sh that start an app which only exports a handler. Undefined: not installed. */
  readonly launchers: Readonly<Record<'node' | 'bun' | 'deno', string | undefined>>;
  /** Names of files that are there but are not what their name says. */
  readonly malformed: readonly string[];
};

/** Only looks; what cannot be made sense of is reported in `malformed`. */
export async function readProjectFacts(directory: string, home = homedir()): Promise<ProjectFacts> {
  const packageJson = await readFirst(directory, ['package.json'], parsePackageJson);
  const deno = await readFirst(directory, ['deno.json', 'deno.jsonc'], parseDenoTasks);
  const manifests = await readManifests(directory);
  const folders = await projectFolders(directory, home);
  const {scripts, packageManager, dependencies, devDependencies, main} = packageJson.content ?? NO_PACKAGE;
  const npm = [...Object.keys(dependencies), ...Object.keys(devDependencies)];
  return {
    scripts,
    packageManager,
    lockfile: await findLockfile(folders),
    dependencies,
    devDependencies,
    main: main !== undefined && (await exists(path.join(directory, main))) ? main : undefined,
    packages: {...manifests.packages, npm},
    files: await listFiles(directory),
    denoTasks: deno.content ?? [],
    python: await findPython(directory),
    viteVersion: await findViteVersion(directory, npm),
    launchers: {
      node: await findLauncher(folders, dependencies, 'node-server.mjs'),
      bun: await findLauncher(folders, dependencies, 'bun-server.mjs'),
      deno: await findLauncher(folders, dependencies, 'deno-server.mjs'),
    },
    malformed: [...packageJson.malformed, ...deno.malformed, ...manifests.malformed],
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

type Packages = Record<PackageKind, readonly string[]>;

async function readManifests(directory: string): Promise<Pick<ProjectFacts, 'packages' | 'malformed'>> {
  const packages: Packages = {npm: [], python: [], gem: [], cargo: [], composer: [], hex: [], java: []};
  const malformed: string[] = [];
  for (const {file, kind, parse} of MANIFESTS) {
    const text = await readTextIfReadable(path.join(directory, file));
    if (text === undefined) continue;
    const names = parse(text);
    if (names) packages[kind] = [...packages[kind], ...names];
    else malformed.push(file);
  }
  return {packages, malformed};
}

/** Where entries of apps are by convention, besides the project's own folder. */
const ENTRY_FOLDERS = ['src', 'app', 'public', 'cmd'] as const;

async function listFiles(directory: string): Promise<readonly string[]> {
  const own = (await listFolder(directory)).map(({name}) => name);
  const inner = ENTRY_FOLDERS.filter(folder => own.includes(folder)).map(async folder =>
    (await listFolder(path.join(directory, folder))).map(({name}) => `${folder}/${name}`),
  );
  return [...own, ...(await Promise.all(inner)).flat()];
}

/** A virtual environment of the project, else what its lockfile belongs to, else the machine's. */
const PYTHONS: readonly (readonly [file: string, command: Command])[] = [
  ['.venv/bin/python', ['./.venv/bin/python']],
  ['venv/bin/python', ['./venv/bin/python']],
  ['uv.lock', ['uv', 'run', 'python']],
  ['poetry.lock', ['poetry', 'run', 'python']],
  ['Pipfile.lock', ['pipenv', 'run', 'python']],
];

async function findPython(directory: string): Promise<Command> {
  for (const [file, command] of PYTHONS) {
    if (await exists(path.join(directory, file))) return command;
  }
  return ['python3'];
}

/** Frameworks that have Vite among their own dependencies; the others want it among the project's. */
const BRING_VITE = ['astro', 'nuxt', 'vinxi', 'vitepress', '@solidjs/start'] as const;

async function findViteVersion(directory: string, packages: readonly string[]): Promise<string | undefined> {
  const bringers = BRING_VITE.filter(name => packages.includes(name));
  if (bringers.length === 0 && !packages.some(isNearVite)) return undefined;
  const folders = bringers.map(name => realpath(path.join(directory, 'node_modules', name)).catch(() => directory));
  for (const folder of [directory, ...(await Promise.all(folders))]) {
    const version = await findInstalledVersion(folder, 'vite');
    if (version !== undefined) return version;
  }
  return undefined;
}

const isNearVite = (name: string): boolean => /vite|^@sveltejs\/kit$|^@react-router\/dev$|^@remix-run\/dev$/.test(name);

/** The version that a module in the folder would get, found where Node looks, also in pnpm's folders. */
async function findInstalledVersion(folder: string, name: string): Promise<string | undefined> {
  const places = createRequire(path.join(folder, 'any.js')).resolve.paths(name) ?? [];
  for (const place of places) {
    const text = await readTextIfReadable(path.join(place, name, 'package.json'));
    const version = /"version"\s*:\s*"([^"]+)"/.exec(text ?? '')?.[1];
    if (version !== undefined) return version;
  }
  return undefined;
}

/** Where the programs are in the package: in ours, and in that of the existing Tako. */
const LAUNCHER_FOLDERS = ['dist/sdk/entrypoints', 'dist/entrypoints'] as const;

/** Whether a word of a command is one of those programs, or the entry that an adapter of the package makes in a build. */
export const isLauncher = (word: string): boolean =>
  /(?:^|\/)(?:tako\.sh\/dist\/(?:sdk\/)?entrypoints\/|tako-entry\.mjs$)/.test(word);

async function findLauncher(
  folders: readonly string[],
  dependencies: Named<string>,
  name: string,
): Promise<string | undefined> {
  if (!Object.hasOwn(dependencies, 'tako.sh')) return undefined;
  for (const folder of folders) {
    for (const inner of LAUNCHER_FOLDERS) {
      const file = path.join(folder, 'node_modules', 'tako.sh', inner, name);
      if (await exists(file)) return file;
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
