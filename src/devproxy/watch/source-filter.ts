import {realpathSync, type Stats} from 'node:fs';
import path from 'node:path';
import {contains, toMatchPath} from '../../system/file-paths.js';
import {anchorPattern, createPatternSet} from '../../system/ignore-pattern.js';
import {createIgnoreRules, type IgnoreRules} from '../../system/ignore-rules.js';
import {isDefaultIgnoredFile, isDefaultIgnoredFolder} from './default-ignores.js';
import {createWatchPatterns} from './watch-patterns.js';

export type SourceFilterOptions = {
  /** Absolute. */
  readonly directory: string;
  readonly watch: readonly string[];
  readonly ignore: readonly string[];
};

/** Which files are source. Paths are absolute; an answer holds as long as the .gitignore files do. */
export type SourceFilter = {
  /** The topmost folders and files to look at. */
  readonly roots: readonly string[];
  readonly rules: IgnoreRules;
  includesFile(file: string): boolean;
  includesFolder(folder: string): boolean;
  /** Whether to look at what is there at all: also .gitignore files, which are not source themselves. */
  observes(file: string, stats: Stats): boolean;
};

/**
 * `source`: all in it counts unless it is ignored. `outside`: only what `watch` names counts. `named`: ignored, but
 * `watch` spells its name out, so what `watch` names in it counts. `closed`: not looked into.
 */
type FolderKind = 'source' | 'outside' | 'named' | 'closed';

/** What tako.toml ignores is never source; then `watch` decides; then the defaults and git. */
export function createSourceFilter({directory, watch, ignore}: SourceFilterOptions): SourceFilter {
  const patterns = createWatchPatterns(watch, directory);
  const rules = createIgnoreRules(directory);
  const roots = topmost([directory, ...patterns.roots]);
  const own = createPatternSet().add(roots.flatMap(root => ignore.flatMap(line => anchorTo(line, root, directory))));
  const kinds = new Map<string, FolderKind>();
  const ownIgnores = (file: string, isFolder: boolean): boolean =>
    toMatchPath(file) !== '' && own.ignores(toMatchPath(file) + (isFolder ? '/' : ''));

  const kindOf = (folder: string): FolderKind => {
    const kind = kinds.get(folder) ?? classify(folder);
    kinds.set(folder, kind);
    return kind;
  };
  const classify = (folder: string): FolderKind => {
    if (folder === directory) return 'source';
    if (contains(folder, directory)) return 'outside';
    const parent = kindOf(path.dirname(folder));
    if (parent === 'closed' || ownIgnores(folder, true)) return 'closed';
    if (parent !== 'source' && !patterns.mayReach(folder)) return 'closed';
    if (!isIgnored(folder, parent)) return parent;
    return patterns.names(path.basename(folder)) && patterns.mayReach(folder) ? 'named' : 'closed';
  };
  // In a folder that git ignores it ignores everything: there the names of tools' folders alone say what is no source.
  const isIgnored = (folder: string, parent: FolderKind): boolean =>
    isDefaultIgnoredFolder(path.basename(folder)) || (parent !== 'named' && rules.ignores(folder, true));

  const includesFolder = (folder: string): boolean => kindOf(folder) !== 'closed';
  const includesFile = (file: string): boolean => {
    const kind = kindOf(path.dirname(file));
    if (kind === 'closed' || ownIgnores(file, false)) return false;
    const isDefault = (): boolean =>
      kind === 'source' && !isDefaultIgnoredFile(path.basename(file)) && !rules.ignores(file, false);
    return path.basename(file) !== '.gitignore' && (patterns.verdictOn(file) ?? isDefault());
  };
  const observes = (file: string, stats: Stats): boolean => {
    if (stats.isDirectory()) return includesFolder(file);
    if (stats.isSymbolicLink()) return (includesFolder(file) || includesFile(file)) && leadsElsewhere(file, directory);
    return stats.isFile() && (includesFile(file) || isIgnoreFileOf(file));
  };
  const isIgnoreFileOf = (file: string): boolean =>
    path.basename(file) === '.gitignore' && includesFolder(path.dirname(file));
  return {roots, rules, includesFile, includesFolder, observes};
}

/** A name alone holds everywhere, also in the folders that `watch` adds; a path is relative to the project's folder. */
const anchorTo = (line: string, root: string, directory: string): string[] =>
  root === directory || !/\/./.test(line) ? [anchorPattern(line, root)] : [anchorPattern(line, directory)];

const topmost = (roots: readonly string[]): string[] =>
  [...new Set(roots)].filter((root, _, all) => all.every(other => other === root || !contains(other, root)));

/**
 * Whether a symbolic link leads out of the project. One that stays inside leads to what is looked at anyway, one to a
 * folder above it leads around in a circle.
 */
function leadsElsewhere(link: string, directory: string): boolean {
  try {
    const [target, home] = [realpathSync(link), realpathSync(directory)];
    return !contains(home, target) && !contains(target, home) && !contains(target, realpathSync(path.dirname(link)));
  } catch {
    return false;
  }
}
