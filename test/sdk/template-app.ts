// The templates of `tako init`, with their packages installed. What was installed is kept in the system's folder for temporary
// files, so that only the first run has to wait for the registry.

import {execFile} from 'node:child_process';
import {createHash} from 'node:crypto';
import {existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {promisify} from 'node:util';
import {terminalEnvironment} from '../frameworks/terminal.js';
import {type AdapterApp, addTako, appAt} from './adapter-app.js';

const TEMPLATES = path.resolve(import.meta.dirname, '../../templates/apps');
const CACHE = path.join(tmpdir(), `tako-templates-${process.getuid?.() ?? 'cache'}`);

const VALUES: Readonly<Record<string, string>> = {name: 'web', route: 'web.example.com', takoVersion: '0.1.0'};

export type TemplateOptions = {
  /** Other versions of its packages, as another row of a table has them. */
  readonly versions?: Readonly<Record<string, string>>;
  /** Makes it an app of a workspace, in this folder of that: `apps/web`. */
  readonly below?: string;
};

/** As the template is, whatever was done with it before. `remove` leaves its packages for the next time. */
export async function openTemplate(
  name: string,
  {versions = {}, below = '.'}: TemplateOptions = {},
): Promise<AdapterApp> {
  const files = readTemplate(name);
  const manifest = renderManifest(files, versions);
  const key = createHash('sha256')
    .update(JSON.stringify([manifest, below]))
    .digest('hex')
    .slice(0, 12);
  const root = path.join(CACHE, `${name}-${key}`);
  await install(root, manifest);
  clear(root);
  const app = appAt(path.join(root, below));
  for (const [file, text] of files) app.write(file, text);
  app.write('package.json', JSON.stringify(manifest, undefined, 2));
  if (below !== '.')
    writeFileSync(path.join(root, 'package.json'), JSON.stringify({private: true, workspaces: [below]}));
  addTako(root);
  return {...app, remove: () => clear(root)};
}

function readTemplate(name: string): ReadonlyMap<string, string> {
  const folder = path.join(TEMPLATES, name);
  const entries = readdirSync(folder, {recursive: true, withFileTypes: true}).filter(entry => entry.isFile());
  const names = entries.map(entry => path.relative(folder, path.join(entry.parentPath, entry.name)));
  const filled = (file: string): string =>
    readFileSync(path.join(folder, file), 'utf8').replace(/\{\{(\w+)\}\}/g, (whole, word) => VALUES[word] ?? whole);
  return new Map(names.map(file => [file.replace('_gitignore', '.gitignore'), filled(file)]));
}

type Manifest = {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
};

function renderManifest(files: ReadonlyMap<string, string>, versions: Readonly<Record<string, string>>): Manifest {
  const manifest = JSON.parse(files.get('package.json') ?? '') as Manifest;
  return {...manifest, dependencies: {...manifest.dependencies, ...versions}};
}

/** All but this package, which is put there from this repository. */
async function install(root: string, manifest: Manifest): Promise<void> {
  const mark = path.join(root, 'node_modules/.is-complete');
  if (existsSync(mark)) return;
  rmSync(root, {recursive: true, force: true});
  mkdirSync(root, {recursive: true});
  const own = ({'tako.sh': _, ...others}: Readonly<Record<string, string>> = {}) => others;
  const wanted = {dependencies: own(manifest.dependencies), devDependencies: own(manifest.devDependencies)};
  writeFileSync(path.join(root, 'package.json'), JSON.stringify({private: true, ...wanted}));
  const args = ['install', '--no-audit', '--no-fund', '--prefer-offline', '--legacy-peer-deps'];
  await promisify(execFile)('npm', args, {cwd: root, env: terminalEnvironment(), maxBuffer: 64 * 1024 * 1024});
  writeFileSync(mark, '');
}

/** What says where a workspace begins stays too. */
const KEPT: ReadonlySet<string> = new Set(['node_modules', 'package-lock.json']);

function clear(root: string): void {
  for (const name of readdirSync(root)) {
    if (!KEPT.has(name)) rmSync(path.join(root, name), {recursive: true, force: true});
  }
}
