import {access, readFile, realpath} from 'node:fs/promises';
import path from 'node:path';
import {LOCKFILES, type PackageManager} from '../../system/lockfiles.js';
import {findPortOwner} from '../../system/port-owner.js';
import {type Facts, MANIFESTS, NO_FACTS} from './facts.js';
import type {Failure} from './failure.js';
import {quote, readOutput} from './output.js';
import {findPortInUse} from './rules/port-rules.js';

/** Looks at all that an explanation of this failure may need. Never rejects: what cannot be looked at is not known. */
export async function gatherFacts(directory: string, failure: Failure, lines: readonly string[]): Promise<Facts> {
  try {
    const [project, portOwner] = await Promise.all([gatherProject(directory), findOwner(portOf(failure, lines))]);
    return {...project, portOwner};
  } catch {
    return NO_FACTS;
  }
}

/** What the files in the folder, and around it in the same repository, tell. */
export async function gatherProject(directory: string): Promise<Facts> {
  const folders = await projectFolders(directory);
  const content = parseObject(await readFile(path.join(directory, 'package.json'), 'utf8').catch(() => ''));
  return {
    ownFolders: [...new Set([await realpath(directory).catch(() => directory), ...folders])],
    packageManager: content && (namedManager(content.packageManager) ?? (await lockedManager(folders)) ?? 'npm'),
    dependencies: DEPENDENCY_FIELDS.flatMap(field => keysOf(content?.[field])),
    scripts: keysOf(content?.scripts),
    isInstalled: (await findIn(folders, ['node_modules', '.pnp.cjs'])) !== undefined,
    manifests: await namesIn(directory, MANIFESTS),
    portOwner: undefined,
  };
}

const DEPENDENCY_FIELDS = ['dependencies', 'devDependencies', 'optionalDependencies'] as const;

/** The folder and those around it, nearest first, up to the one with `.git`; without one, the folder alone. */
async function projectFolders(directory: string): Promise<readonly string[]> {
  const folders = [directory];
  for (let folder = directory; !(await exists(path.join(folder, '.git'))); ) {
    const parent = path.dirname(folder);
    if (parent === folder) return [directory];
    folders.push(parent);
    folder = parent;
  }
  return folders;
}

async function lockedManager(folders: readonly string[]): Promise<PackageManager | undefined> {
  const name = await findIn(folders, [...LOCKFILES.keys()]);
  return name === undefined ? undefined : LOCKFILES.get(name);
}

/** package.json says `pnpm@9.1.0`. */
const namedManager = (text: unknown): PackageManager | undefined =>
  [...LOCKFILES.values()].find(manager => typeof text === 'string' && text.startsWith(`${manager}@`));

/** The first of the names that is there, in the nearest folder that has one. */
async function findIn(folders: readonly string[], names: readonly string[]): Promise<string | undefined> {
  for (const folder of folders) {
    const [name] = await namesIn(folder, names);
    if (name !== undefined) return name;
  }
  return undefined;
}

async function namesIn<Name extends string>(folder: string, names: readonly Name[]): Promise<readonly Name[]> {
  const areThere = await Promise.all(names.map(name => exists(path.join(folder, name))));
  return names.filter((_, index) => areThere[index]);
}

const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const content: unknown = JSON.parse(text);
    return isObject(content) ? content : undefined;
  } catch {
    return undefined;
  }
}

/** Fit to be quoted: a package.json can have any text for a name. */
const keysOf = (value: unknown): readonly string[] => (isObject(value) ? Object.keys(value).map(quote) : []);

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function portOf(failure: Failure, lines: readonly string[]): number | undefined {
  if (failure.outcome === 'port-taken') return failure.port;
  const port = findPortInUse(readOutput(lines))?.words.port;
  return port === undefined ? undefined : Number(port);
}

async function findOwner(port: number | undefined): Promise<Facts['portOwner']> {
  const owner = port === undefined ? undefined : await findPortOwner(port, 'tcp');
  return owner && port !== undefined ? {pid: owner.pid, name: quote(owner.name), port} : undefined;
}
