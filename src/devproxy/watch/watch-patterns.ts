import path from 'node:path';
import type {Ignore} from 'ignore';
import {contains, toMatchPath} from '../../system/file-paths.js';
import {createPatternSet, escapePattern} from '../../system/ignore-pattern.js';

/** The `watch` patterns of tako.toml: globs relative to the project's folder, the last that matches decides. */
export type WatchPatterns = {
  /** The files and folders to look at: the part of each pattern before its first wildcard. */
  readonly roots: readonly string[];
  /** Whether a file is wanted (`true`), unwanted (`!`), or not spoken of. */
  verdictOn(file: string): boolean | undefined;
  /** Whether something wanted may be in this folder. */
  mayReach(folder: string): boolean;
  /** Whether a pattern spells this folder's name out. */
  names(folderName: string): boolean;
};

export function createWatchPatterns(patterns: readonly string[], directory: string): WatchPatterns {
  const globs = patterns.flatMap(expandBraces).map(pattern => createGlob(pattern, directory));
  const wanted = globs.filter(glob => !glob.isNegated);
  return {
    roots: wanted.map(({root}) => root),
    verdictOn(file) {
      const glob = globs.findLast(({matches}) => matches(file));
      return glob && !glob.isNegated;
    },
    mayReach: folder => wanted.some(glob => glob.mayReach(folder)),
    names: name => wanted.some(({segments}) => segments.includes(name)),
  };
}

type Glob = {
  readonly isNegated: boolean;
  readonly root: string;
  readonly segments: readonly string[];
  matches(file: string): boolean;
  mayReach(folder: string): boolean;
};

const WILDCARD = /[*?[\]\\]/;

function createGlob(pattern: string, directory: string): Glob {
  const isNegated = pattern.startsWith('!');
  const segments = path.posix
    .normalize(pattern.slice(isNegated ? 1 : 0))
    .split('/')
    .filter(Boolean);
  const firstWild = segments.findIndex(segment => WILDCARD.test(segment));
  const fixed = firstWild === -1 ? segments : segments.slice(0, firstWild);
  const root = path.resolve(directory, ...fixed);
  const whole = [...segmentsOf(root).map(escapePattern), ...segments.slice(fixed.length)];
  return {isNegated, root, segments, ...createMatcher(root, whole)};
}

/** A pattern that ends in a name speaks of that file, or of all that is in that folder. */
function createMatcher(root: string, whole: readonly string[]): Pick<Glob, 'matches' | 'mayReach'> {
  const firstDeep = whole.indexOf('**');
  const isDeep = firstDeep !== -1 || !WILDCARD.test(whole.at(-1) ?? '');
  const set = patternOf(whole);
  const prefixes = whole
    .slice(0, firstDeep === -1 ? whole.length : firstDeep)
    .map((_, index) => patternOf(whole.slice(0, index + 1)));
  return {
    matches: file => (isDeep || segmentsOf(file).length === whole.length) && set.ignores(toMatchPath(file)),
    mayReach(folder) {
      if (contains(folder, root)) return true;
      const depth = segmentsOf(folder).length;
      if (!contains(root, folder) || (!isDeep && depth >= whole.length)) return false;
      return prefixes[Math.min(depth, prefixes.length) - 1]?.ignores(`${toMatchPath(folder)}/`) ?? true;
    },
  };
}

const patternOf = (segments: readonly string[]): Ignore => createPatternSet().add(`/${segments.join('/')}`);

const segmentsOf = (file: string): string[] => toMatchPath(file).split('/').filter(Boolean);

/** `a.{ts,sql}` is `a.ts` and `a.sql`; gitignore patterns, which the rest is matched with, have no braces. */
function expandBraces(pattern: string): string[] {
  const [whole, choices] = /\{([^{}]*,[^{}]*)\}/.exec(pattern) ?? [];
  if (whole === undefined || choices === undefined) return [pattern];
  return choices.split(',').flatMap(choice => expandBraces(pattern.replace(whole, () => choice)));
}
