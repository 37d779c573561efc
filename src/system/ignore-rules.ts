import {readFileSync} from 'node:fs';
import path from 'node:path';
import type {Ignore} from 'ignore';
import {contains, toMatchPath} from './file-paths.js';
import {findGitFolder} from './git-folder.js';
import {createPatternSet, parseIgnoreFile} from './ignore-pattern.js';

/** What git leaves alone, by the .gitignore files of every folder and .git/info/exclude; gitignore(5). */
export type IgnoreRules = {
  ignores(file: string, isFolder: boolean): boolean;
  /** Whether this .gitignore file says something else now than when it was read. */
  isStale(ignoreFile: string): boolean;
};

/** Reads each .gitignore when a path below its folder is first asked about, and keeps it. */
export function createIgnoreRules(directory: string): IgnoreRules {
  const git = findGitFolder(directory);
  const outer = readRules(git?.root ?? directory, git?.excludeFile);
  // A project inside a folder that git ignores is still a project: what ignores it has no say.
  const isIgnoredItself = git !== undefined && outer.ignores(directory, true);
  return isIgnoredItself ? readRules(directory, undefined) : outer;
}

/** The files with rules for `directory` that do not lie in it. They may not exist. */
export function findOuterRuleFiles(directory: string): string[] {
  const git = findGitFolder(directory);
  return git ? [git.excludeFile, ...ignoreFilesAbove(git.root, directory)] : [];
}

function readRules(root: string, excludeFile: string | undefined): IgnoreRules {
  const texts = new Map<string, string>();
  const sets = new Map<string, Ignore>();
  const read = (file: string): string => {
    const text = readText(file);
    texts.set(file, text);
    return text;
  };
  const setOf = (folder: string): Ignore => {
    const set = sets.get(folder) ?? createSet(folder);
    sets.set(folder, set);
    return set;
  };
  const createSet = (folder: string): Ignore => {
    const own = parseIgnoreFile(read(path.join(folder, '.gitignore')), folder);
    if (folder !== root)
      return own.length > 0
        ? createPatternSet()
            .add(setOf(path.dirname(folder)))
            .add(own)
        : setOf(path.dirname(folder));
    return createPatternSet()
      .add(excludeFile ? parseIgnoreFile(read(excludeFile), root) : [])
      .add(own);
  };
  return {
    ignores(file, isFolder) {
      if (file === root || !contains(root, file)) return false;
      return setOf(path.dirname(file)).ignores(toMatchPath(file) + (isFolder ? '/' : ''));
    },
    isStale: file => readText(file) !== (texts.get(file) ?? ''),
  };
}

function ignoreFilesAbove(root: string, directory: string): string[] {
  if (directory === root) return [];
  const parent = path.dirname(directory);
  return [path.join(parent, '.gitignore'), ...ignoreFilesAbove(root, parent)];
}

/** Synchronous, as the library that watches asks about paths synchronously; a missing file costs some 10 µs. */
function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
