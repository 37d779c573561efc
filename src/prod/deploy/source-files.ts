// Which of a project's files are given to its build: those that git would take, and never what may hold a secret.

import type {Dirent} from 'node:fs';
import {lstat, readdir, readlink} from 'node:fs/promises';
import path from 'node:path';
import {TakoError} from '../../system/error.js';
import {contains} from '../../system/file-paths.js';
import {createIgnoreRules, type IgnoreRules} from '../../system/ignore-rules.js';

/** A path relative to the root, with forward slashes. */
export type SourceEntry =
  | {
      readonly type: 'file';
      readonly path: string;
      readonly size: number;
      readonly mtimeMs: number;
      readonly isExecutable: boolean;
    }
  | {readonly type: 'link'; readonly path: string; readonly link: string};

/** Files looked at or written at the same time: enough to keep a disk busy, far below the limit of open files. */
export const FILES_AT_ONCE = 32;

/** What git, tako, package managers and systems keep for themselves. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  ...['.git', '.hg', '.svn', '.jj', '.tako', 'node_modules', '.DS_Store'],
]);

/** Files of variables are for one machine, and often hold secrets; `.env.example` is of no use to a release. */
export const isSecretFile = (name: string): boolean => name === '.env' || name.startsWith('.env.') || name === '.envrc';

/** The files and links of a project, by path. Throws LINK_OUTSIDE for links that lead out of it, all at once. */
export async function listSourceFiles(root: string): Promise<readonly SourceEntry[]> {
  const rules = createIgnoreRules(root);
  const entries = await listFolder(root, '', rules);
  const outside = entries.filter(entry => entry.type === 'link' && !staysInside(root, entry));
  if (outside.length > 0) throw linksOutside(outside.map(entry => entry.path));
  return entries.sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function listFolder(root: string, folder: string, rules: IgnoreRules): Promise<SourceEntry[]> {
  const entries = await readdir(path.join(root, folder), {withFileTypes: true});
  const kept = entries.filter(entry => isKept(root, folder, entry, rules));
  const lists = await Promise.all(
    kept.map(entry => readEntry(root, path.posix.join(folder, entry.name), entry, rules)),
  );
  return lists.flat();
}

function isKept(root: string, folder: string, entry: Dirent, rules: IgnoreRules): boolean {
  if (LEFT_OUT.has(entry.name) || isSecretFile(entry.name)) return false;
  return !rules.ignores(path.join(root, folder, entry.name), entry.isDirectory());
}

async function readEntry(root: string, file: string, entry: Dirent, rules: IgnoreRules): Promise<SourceEntry[]> {
  const full = path.join(root, file);
  if (entry.isDirectory()) return listFolder(root, file, rules);
  if (entry.isSymbolicLink()) return [{type: 'link', path: file, link: relativeLink(full, await readlink(full))}];
  if (!entry.isFile()) return [];
  const {size, mtimeMs, mode} = await lstat(full);
  return [{type: 'file', path: file, size, mtimeMs, isExecutable: isExecutableMode(mode)}];
}

/** An absolute link would lead somewhere else on a server. */
const relativeLink = (file: string, link: string): string =>
  path.isAbsolute(link) ? path.relative(path.dirname(file), link) : link;

export const isExecutableMode = (mode: number): boolean => (mode & 0o100) !== 0;

/** Whether a link leads to somewhere below the root, be it there or not. */
export function staysInside(root: string, {path: file, link}: {readonly path: string; readonly link: string}): boolean {
  return !path.isAbsolute(link) && contains(root, path.resolve(root, path.dirname(file), link));
}

function linksOutside(files: readonly string[]): TakoError {
  return new TakoError('LINK_OUTSIDE', 'links in the project lead out of it, where a server has nothing', {
    hint: 'put the files themselves there, or add the links to .gitignore',
    details: files.slice(0, 20),
  });
}
