import {findLinkProblems} from './links.js';
import type {ManifestEntry} from './manifest.js';
import {findPathProblem, findTargetProblem, foldersOf} from './release-path.js';
import {isSha256} from './sha256.js';

/** Files and links of one release. A Next app with all its dependencies has about 30,000. */
export const MAX_ENTRIES = 200_000;

/** Everything that is wrong with the entries of a manifest: each alone, then all together. */
export function findEntryProblems(files: unknown): readonly string[] {
  if (!Array.isArray(files)) return ['files: expected an array'];
  if (files.length > MAX_ENTRIES) return [`files: ${files.length} entries, at most ${MAX_ENTRIES} are allowed`];
  const problems = files.flatMap((entry, index) => findOwnProblems(entry).map(problem => `files[${index}]${problem}`));
  return problems.length > 0 ? problems : findTreeProblems(files as ManifestEntry[]);
}

/** What files weigh together, in bytes: each content once. */
export function totalBytesOf(files: readonly ManifestEntry[]): number {
  const sizes = new Map(files.flatMap(entry => ('sha256' in entry ? [[entry.sha256, entry.size] as const] : [])));
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}

function findOwnProblems(entry: unknown): readonly string[] {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return [': expected an object'];
  const fields = entry as Record<string, unknown>;
  const checks = 'link' in fields ? LINK_FIELDS : FILE_FIELDS;
  return [
    ...Object.keys(fields).flatMap(key => (Object.hasOwn(checks, key) ? [] : [`.${key}: unknown key`])),
    ...Object.entries(checks).flatMap(([key, find]) => {
      const problem = find(Object.hasOwn(fields, key) ? fields[key] : undefined);
      return problem === undefined ? [] : [`.${key}: ${problem}`];
    }),
  ];
}

type Find = (value: unknown) => string | undefined;

const FILE_FIELDS: Readonly<Record<string, Find>> = {
  path: findPathProblem,
  sha256: value => (isSha256(value) ? undefined : 'expected 64 characters 0-9 and a-f'),
  size: value => (Number.isSafeInteger(value) && Number(value) >= 0 ? undefined : 'expected a size in bytes'),
  isExecutable: value => (typeof value === 'boolean' ? undefined : 'expected true or false'),
};

const LINK_FIELDS: Readonly<Record<string, Find>> = {path: findPathProblem, link: findTargetProblem};

function findTreeProblems(files: readonly ManifestEntry[]): readonly string[] {
  return [...findOrderProblems(files), ...findBlockedPaths(files), ...findSizeProblems(files), ...findEscapes(files)];
}

/** By UTF-16 code units, as JavaScript compares strings: the same everywhere, whatever the locale. */
function findOrderProblems(files: readonly ManifestEntry[]): readonly string[] {
  return files.flatMap(({path}, index) => {
    const previous = files[index - 1]?.path;
    if (previous === undefined || previous < path) return [];
    return [`${show(path)}: ${previous === path ? 'is there twice' : 'is not in its place: paths are sorted'}`];
  });
}

/** What is a file or a link cannot be a folder as well. */
function findBlockedPaths(files: readonly ManifestEntry[]): readonly string[] {
  const folders = allFolders(files);
  return files.flatMap(({path}) => (folders.has(path) ? [`${show(path)}: another path goes through it`] : []));
}

/** Every folder that a file or link of the release is in, however deep. */
export function allFolders(files: readonly ManifestEntry[]): ReadonlySet<string> {
  const folders = new Set<string>();
  for (const {path} of files) {
    for (const folder of foldersOf(path)) {
      // Those above it were added with it.
      if (folders.has(folder)) break;
      folders.add(folder);
    }
  }
  return folders;
}

function findSizeProblems(files: readonly ManifestEntry[]): readonly string[] {
  const sizes = new Map<string, number>();
  const problems = files.flatMap(entry => {
    if (!('sha256' in entry)) return [];
    const known = sizes.get(entry.sha256);
    sizes.set(entry.sha256, known ?? entry.size);
    return known === undefined || known === entry.size
      ? []
      : [`${show(entry.path)}: the same content has another size elsewhere`];
  });
  return Number.isSafeInteger(totalBytesOf(files)) ? problems : [...problems, 'files: too many bytes together'];
}

function findEscapes(files: readonly ManifestEntry[]): readonly string[] {
  const links = new Map(files.flatMap(entry => ('link' in entry ? [[entry.path, entry.link] as const] : [])));
  return Array.from(findLinkProblems(links), ([path, problem]) => `${show(path)}: the link ${problem}`);
}

/** Quoted, so that a path cannot write on a terminal. */
const show = (path: string): string => JSON.stringify(path);
