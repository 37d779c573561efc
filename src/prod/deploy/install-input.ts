// What an installation depends on, and nothing else: the lockfile, the package.json files without their scripts, and the
// settings of the package manager. Their hash is its key: the same input is installed once.

import {createHash} from 'node:crypto';
import {mkdir, readdir, readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {parseJsonObject} from '../../config/package-json.js';
import {findMembers} from '../../config/workspace.js';
import {readTextIfExists} from '../../system/files.js';
import {LOCKFILES, type PackageManager} from '../../system/lockfiles.js';
import {architectures, type InstallManager, type InstallSettings} from './install-command.js';
import type {ProjectRoot} from './project-root.js';

/** Path -> content, sorted by path. */
export type InstallInput = readonly (readonly [path: string, content: Buffer])[];

export type Lockfile = {readonly file: string; readonly manager: InstallManager};

/** The lockfile at the root. Undefined: there is none. */
export async function findLockfile(root: string): Promise<Lockfile | undefined> {
  for (const [file, manager] of LOCKFILES) {
    const text = await readTextIfExists(path.join(root, file));
    if (text !== undefined) return {file, manager: managerOf(manager, text)};
  }
  return undefined;
}

/** Yarn 1 and its successors share a lockfile's name, but neither its content nor their options. */
const managerOf = (manager: PackageManager, text: string): InstallManager =>
  manager === 'yarn' && text.includes('# yarn lockfile v1') ? 'yarn1' : manager;

/** What says which packages there are. Scripts, which could do anything, and fields that change nothing are left out. */
const PACKAGE_FIELDS = [
  ...[
    'name',
    'version',
    'private',
    'workspaces',
    'packageManager',
    'pnpm',
    'overrides',
    'resolutions',
    'catalog',
    'catalogs',
  ],
  ...['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies', 'peerDependenciesMeta'],
  ...['bundleDependencies', 'bundledDependencies', 'dependenciesMeta', 'patchedDependencies', 'trustedDependencies'],
];

const SETTINGS: Readonly<Record<InstallManager, readonly string[]>> = {
  npm: ['.npmrc'],
  pnpm: ['.npmrc', 'pnpm-workspace.yaml', '.pnpmfile.cjs'],
  yarn: ['.npmrc', '.yarnrc.yml'],
  yarn1: ['.npmrc', '.yarnrc'],
  bun: ['.npmrc', 'bunfig.toml'],
};

/** Folders with what settings refer to: Yarn itself, its plugins, patches of packages. */
const SETTINGS_FOLDERS = ['patches', '.yarn/releases', '.yarn/plugins', '.yarn/patches'] as const;

/** Reads the input of an installation. */
export async function readInstallInput(
  root: ProjectRoot,
  lockfile: Lockfile,
  settings: InstallSettings,
): Promise<InstallInput> {
  const folders = root.workspace ? ['.', ...(await findMembers(root.workspace))] : ['.'];
  const files = new Map<string, Buffer>();
  for (const folder of folders) await addPackage(files, root.root, folder);
  for (const name of [lockfile.file, ...SETTINGS[settings.manager]]) await addFile(files, root.root, name);
  for (const folder of SETTINGS_FOLDERS) await addFolder(files, root.root, folder);
  await addArchitectures(files, settings);
  return [...files].sort(([a], [b]) => (a < b ? -1 : 1));
}

async function addPackage(files: Map<string, Buffer>, root: string, folder: string): Promise<void> {
  const name = path.posix.join(folder, 'package.json');
  const content = parseJsonObject((await readTextIfExists(path.join(root, name))) ?? '');
  if (!content) return;
  const kept = PACKAGE_FIELDS.filter(field => content[field] !== undefined).map(
    field => [field, content[field]] as const,
  );
  // Nobody asks for the root by its version, which changes at each of its own releases.
  const fields = kept.filter(([field]) => folder !== '.' || field !== 'version');
  files.set(name, Buffer.from(JSON.stringify(Object.fromEntries(fields), undefined, 2)));
}

async function addFile(files: Map<string, Buffer>, root: string, name: string): Promise<void> {
  const content = await readFile(path.join(root, name)).catch(() => undefined);
  if (content) files.set(name, content);
}

async function addFolder(files: Map<string, Buffer>, root: string, folder: string): Promise<void> {
  for (const entry of await readdir(path.join(root, folder), {withFileTypes: true}).catch(() => [])) {
    if (entry.isFile()) await addFile(files, root, `${folder}/${entry.name}`);
    else if (entry.isDirectory()) await addFolder(files, root, `${folder}/${entry.name}`);
  }
}

/** In the settings file of pnpm (a package.json before version 10) or Yarn, over what the project says there. */
async function addArchitectures(files: Map<string, Buffer>, {manager, platform}: InstallSettings): Promise<void> {
  const added = architectures(manager, platform);
  if (Object.keys(added).length === 0) return;
  const name = manager === 'yarn' ? '.yarnrc.yml' : 'pnpm-workspace.yaml';
  // Loaded here, as most projects need it not.
  const {parse, stringify} = await import('yaml');
  const before: unknown = parse(files.get(name)?.toString() ?? '') ?? {};
  files.set(name, Buffer.from(stringify({...(before as object), ...added})));
  if (manager !== 'pnpm') return;
  const content = parseJsonObject(files.get('package.json')?.toString() ?? '') ?? {};
  const pnpm = {...(content.pnpm as object | undefined), ...added};
  files.set('package.json', Buffer.from(JSON.stringify({...content, pnpm}, undefined, 2)));
}

/** Raised when the same input would be installed another way. */
const KEY_FORMAT = 1;

/** What an installation is kept under. Packages that compile do it for one major version of Node. */
export function installKey(input: InstallInput, settings: InstallSettings, runtimeMajor: number): string {
  const hash = createHash('sha256').update(JSON.stringify([KEY_FORMAT, settings, runtimeMajor]));
  for (const [name, content] of input) hash.update(`\0${name}\0${content.length}\0`).update(content);
  return hash.digest('hex').slice(0, 32);
}

export async function writeInstallInput(input: InstallInput, folder: string): Promise<void> {
  for (const [name, content] of input) {
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), {recursive: true});
    // Yarn's program among them is run.
    await writeFile(file, content, {mode: 0o755});
  }
}
