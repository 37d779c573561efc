// Apps as their users have them: made by a generator or copied from a fixture, with everything installed. What was made is
// kept in the system's folder for temporary files, so that only the first run has to wait for the registries.

import {execFile} from 'node:child_process';
import {createHash} from 'node:crypto';
import {existsSync} from 'node:fs';
import {cp, mkdir, readdir, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {promisify} from 'node:util';
import type {Row, Source, Version} from './row.js';
import {terminalEnvironment} from './terminal.js';

export type Project = {
  readonly directory: string;
  /** Folders with the programs that the row wants on the path. */
  readonly paths: readonly string[];
  /** Replaces the text that the row says. */
  edit(): Promise<void>;
  /** As it was before the edit. */
  restore(): Promise<void>;
};

const FIXTURES = path.resolve(import.meta.dirname, 'fixtures');
const CACHE = path.join(tmpdir(), `tako-frameworks-${process.getuid?.() ?? 'cache'}`);

/** The row's app, installed. The second time, it is as the first left it. Throws when a registry cannot be reached. */
export async function openProject({id, source, edit, tools = []}: Row): Promise<Project> {
  const kept = path.join(CACHE, await keyOf(id, source));
  const directory = path.join(kept, id);
  const file = path.join(directory, edit.file);
  const original = path.join(kept, 'original');
  await once(kept, async () => {
    await create(source, id, kept);
    await install(directory);
    await cp(file, original);
  });
  const restore = (): Promise<void> => cp(original, file);
  await restore();
  return {
    directory,
    paths: await Promise.all(tools.map(installTool)),
    restore,
    async edit() {
      const text = await readFile(file, 'utf8');
      if (!text.includes(edit.before)) throw new Error(`${edit.file} has no "${edit.before}"`);
      await writeFile(file, text.replace(edit.before, edit.after));
    },
  };
}

/** Changes with the fixture's files, and with what compiled parts are built for. */
async function keyOf(id: string, source: Source): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([id, source, process.versions.modules, process.arch]));
  const fixture = fixtureOf(source);
  if (fixture !== undefined) for (const text of await readAll(path.join(FIXTURES, fixture))) hash.update(text);
  return `${id}-${hash.digest('hex').slice(0, 12)}`;
}

const fixtureOf = (source: Source): string | undefined => ('fixture' in source ? source.fixture : source.addedFixture);

async function readAll(folder: string): Promise<readonly Buffer[]> {
  const entries = await readdir(folder, {recursive: true, withFileTypes: true});
  const files = entries.filter(entry => entry.isFile()).map(entry => path.join(entry.parentPath, entry.name));
  return Promise.all(files.sort().map(file => readFile(file)));
}

/** Fills a folder, unless it was filled to the end before. */
async function once(folder: string, fill: () => Promise<void>): Promise<void> {
  const mark = path.join(folder, 'is-complete');
  if (existsSync(mark)) return;
  await rm(folder, {recursive: true, force: true});
  await mkdir(folder, {recursive: true});
  await fill();
  await writeFile(mark, '');
}

async function create(source: Source, id: string, folder: string): Promise<void> {
  if ('generator' in source) await run(folder, 'npx', '--yes', ...source.generator);
  const fixture = fixtureOf(source);
  if (fixture !== undefined) await cp(path.join(FIXTURES, fixture), path.join(folder, id), {recursive: true});
}

/** A registry that lags behind has not every package of a release: a generator's versions then fit only nearly. */
const NPM_INSTALL = ['--no-audit', '--no-fund', '--prefer-offline', '--legacy-peer-deps'] as const;

async function install(directory: string): Promise<void> {
  const has = (name: string): boolean => existsSync(path.join(directory, name));
  if (has('package.json') && !has('bun.lock')) await run(directory, 'npm', 'install', ...NPM_INSTALL);
  if (!has('requirements.txt')) return;
  await run(directory, 'python3', '-m', 'venv', '.venv');
  await run(directory, '.venv/bin/python', '-m', 'pip', 'install', '--quiet', '-r', 'requirements.txt');
}

/** The folder with the program of an npm package: `bun@1`. */
async function installTool(specifier: string): Promise<string> {
  const [name = ''] = specifier.split('@');
  const folder = path.join(CACHE, `tool-${specifier}`);
  await once(folder, async () => {
    await writeFile(path.join(folder, 'package.json'), JSON.stringify({private: true, allowScripts: {[name]: true}}));
    await run(folder, 'npm', 'install', ...NPM_INSTALL, specifier);
  });
  return path.join(folder, 'node_modules/.bin');
}

/** "vite 8.1.0, react 19.3.1" */
export async function versionsOf({versions}: Row, {directory, paths}: Project): Promise<string> {
  const found = await Promise.all(versions.map(version => findVersion(version, directory, paths)));
  return found.join(', ');
}

async function findVersion({of, name}: Version, directory: string, paths: readonly string[]): Promise<string> {
  if (of === 'go') return /go[\d.]+/.exec(await run(directory, 'go', 'version'))?.[0] ?? '';
  if (of === 'python') return `${name} ${await pythonVersion(name, directory)}`;
  const roots = [path.join(directory, 'node_modules'), ...paths.map(folder => path.dirname(folder))];
  const manifest = roots.map(root => path.join(root, name, 'package.json')).find(file => existsSync(file));
  return manifest === undefined ? name : `${name} ${JSON.parse(await readFile(manifest, 'utf8')).version}`;
}

async function pythonVersion(name: string, directory: string): Promise<string> {
  if (name === 'python') return (await run(directory, 'python3', '--version')).replace('Python', '').trim();
  const program = `from importlib.metadata import version; print(version("${name}"))`;
  return (await run(directory, '.venv/bin/python', '-c', program)).trim();
}

/** Generators ask nothing and wait for nobody: their input is closed. */
async function run(cwd: string, file: string, ...args: string[]): Promise<string> {
  const running = promisify(execFile)(file, args, {cwd, env: terminalEnvironment(), maxBuffer: 64 * 1024 * 1024});
  running.child.stdin?.end();
  return (await running).stdout;
}
