// Which files travel: what the build left in its folder, and the packages that were installed for the server.

import type {Dirent} from 'node:fs';
import {lstat, readdir, readlink} from 'node:fs/promises';
import path from 'node:path';
import {exists} from '../../config/folders.js';
import {createPatternSet} from '../../system/ignore-pattern.js';
import {concurrently} from '../releases/concurrently.js';
import type {Dependencies} from './dependencies.js';
import type {FileFacts} from './file-hashes.js';
import {FILES_AT_ONCE, isExecutableMode, isSecretFile} from './source-files.js';
import {BUILD_CACHES} from './source-tree.js';

/** A file or link of a release. */
export type ReleaseFile =
  | ({
      readonly type: 'file';
      readonly path: string;
      readonly source: string;
      readonly isExecutable: boolean;
    } & FileFacts)
  | {readonly type: 'link'; readonly path: string; readonly link: string};

export type ReleaseFilesOptions = {
  /** The folder that was built. */
  readonly target: string;
  /** Folders of it that belong to the release, with all that is below; `.` is all of it. */
  readonly folders: readonly string[];
  /** Of these, patterns as in .gitignore, from the app's folder. Empty: everything. */
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  /** The app's folder in it. */
  readonly directory: string;
  readonly dependencies: Dependencies | undefined;
  /** Folders whose node_modules is what the build worked with; any other one is a part of what it made. */
  readonly packageFolders: readonly string[];
};

/** What frameworks leave that no release needs: caches, and how long a build took. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  ...BUILD_CACHES,
  '.next/trace',
  '.next/trace-build',
  '.next/diagnostics',
]);
/** Package managers' settings may hold the key to a registry; a server has neither. */
const FILES_LEFT_OUT: ReadonlySet<string> = new Set(['.npmrc', '.yarnrc', '.yarnrc.yml', '.DS_Store']);
/** What a build writes into node_modules for the app to run with: Prisma's client. */
const GENERATED: readonly string[] = ['.prisma'];

/** Every file of a release, by path, each once. Links that lead to nothing in it are left out. */
export async function listReleaseFiles(options: ReleaseFilesOptions): Promise<readonly ReleaseFile[]> {
  const files = new Map<string, ReleaseFile>();
  const isWanted = createFilter(options);
  const installed = new Set(options.packageFolders.map(folder => path.posix.join(folder, 'node_modules')));
  for (const folder of options.folders) {
    await walk(
      options.target,
      folder,
      files,
      (file, entry) => !installed.has(file) && isOwn(file, entry) && (entry.isDirectory() || isWanted(file)),
    );
  }
  const {dependencies} = options;
  for (const folder of dependencies?.modules ?? []) {
    const modules = path.posix.join(folder, 'node_modules');
    await walk(dependencies?.folder ?? '', modules, files, isInstalled);
    for (const name of GENERATED) await walk(options.target, `${modules}/${name}`, files, () => true);
  }
  return withoutLooseLinks([...files.values()].sort((a, b) => (a.path < b.path ? -1 : 1)));
}

type Keep = (file: string, entry: Dirent) => boolean;

async function walk(root: string, folder: string, files: Map<string, ReleaseFile>, keep: Keep): Promise<void> {
  const from = path.join(root, folder);
  if (!(await exists(from))) return;
  const entries = await readdir(from, {withFileTypes: true});
  const kept = entries.filter(entry => keep(path.posix.join(folder, entry.name), entry));
  await concurrently(
    kept.filter(entry => !entry.isDirectory()),
    FILES_AT_ONCE,
    async entry => {
      const file = await readFile(root, path.posix.join(folder, entry.name), entry);
      if (file) files.set(file.path, file);
    },
  );
  for (const {name} of kept.filter(entry => entry.isDirectory()))
    await walk(root, path.posix.join(folder, name), files, keep);
}

async function readFile(root: string, file: string, entry: Dirent): Promise<ReleaseFile | undefined> {
  const source = path.join(root, file);
  if (entry.isSymbolicLink()) {
    const link = await readlink(source);
    const relative = path.isAbsolute(link) ? path.relative(path.dirname(source), link) : link;
    return {type: 'link', path: file, link: relative};
  }
  if (!entry.isFile()) return undefined;
  const {size, mtimeMs, ino, mode} = await lstat(source);
  return {type: 'file', path: file, source, size, mtimeMs, ino, isExecutable: isExecutableMode(mode)};
}

/** Hidden names in node_modules that are packages or their programs; the others are notes of package managers to themselves. */
const HIDDEN_PACKAGES: ReadonlySet<string> = new Set(['.bin', '.pnpm', ...GENERATED]);

const isInstalled: Keep = (file, {name}) =>
  !name.startsWith('.') ||
  HIDDEN_PACKAGES.has(name) ||
  path.posix.basename(path.posix.dirname(file)) !== 'node_modules';

/** Whether it is the project's: neither a secret nor a cache. */
function isOwn(file: string, entry: Dirent): boolean {
  if (isSecretFile(entry.name) || FILES_LEFT_OUT.has(entry.name)) return false;
  const parts = file.split('/');
  return !LEFT_OUT.has(parts.slice(-2).join('/')) && !LEFT_OUT.has(entry.name);
}

function createFilter({directory, include, exclude}: ReleaseFilesOptions): (file: string) => boolean {
  const [wanted, unwanted] = [include, exclude].map(patterns => createPatternSet().add([...patterns]));
  return file => {
    const relative = path.posix.relative(directory, file);
    // What is beside the app's folder, in its workspace, is no matter of its patterns.
    if (relative.startsWith('..')) return true;
    return (include.length === 0 || wanted?.ignores(relative) === true) && unwanted?.ignores(relative) !== true;
  };
}

/** Package managers link to folders of the workspace that this release has not, and to programs that were left out. */
function withoutLooseLinks(files: readonly ReleaseFile[]): readonly ReleaseFile[] {
  const there = new Set(files.flatMap(file => pathsOf(file.path)));
  return files.filter(
    file => file.type === 'file' || isThere(there, path.posix.join(path.posix.dirname(file.path), file.link)),
  );
}

const isThere = (there: ReadonlySet<string>, target: string): boolean =>
  target === '.' || there.has(target.replace(/\/$/, ''));

/** A path, and the folders it is in. */
const pathsOf = (file: string): readonly string[] =>
  file.split('/').map((_, index, parts) => parts.slice(0, index + 1).join('/'));
