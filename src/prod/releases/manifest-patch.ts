// What differs between two manifests. A release of 3,000 files with one that changed is then a few hundred bytes on
// the way to the server, not half a megabyte.

import {TakoError} from '../../system/error.js';
import type {Manifest, ManifestEntry} from './manifest.js';
import {canonicalJson, manifestBytes, sortEntries} from './manifest-bytes.js';
import {findManifestProblems, invalidManifest, parseJson, parseManifest} from './parse-manifest.js';
import {isSha256, sha256Of} from './sha256.js';

export type ManifestPatch = {
  readonly format: 1;
  /** SHA-256 of the bytes of the manifest that it starts from. */
  readonly base: string;
  /** SHA-256 of the bytes that have to come out. */
  readonly result: string;
  /** Paths that the base has and the result has not. */
  readonly removed: readonly string[];
  /** Entries that are new, or other than in the base. */
  readonly changed: readonly ManifestEntry[];
  /** All of the result but its files. */
  readonly rest: Omit<Manifest, 'files'>;
};

/** What has to be said to one who has `base`. */
export function makeManifestPatch(base: Manifest, result: Manifest): ManifestPatch {
  const before = new Map(base.files.map(entry => [entry.path, textOf(entry)]));
  const paths = new Set(result.files.map(({path}) => path));
  const {files, ...rest} = result;
  return {
    format: 1,
    base: sha256Of(manifestBytes(base)),
    result: sha256Of(manifestBytes(result)),
    removed: base.files.map(({path}) => path).filter(path => !paths.has(path)),
    changed: files.filter(entry => before.get(entry.path) !== textOf(entry)),
    rest,
  };
}

export const manifestPatchBytes = (patch: ManifestPatch): Buffer => canonicalJson(patch);

/** Reads the outline of a patch; what it says of files is judged when it is applied. Throws MANIFEST_INVALID. */
export function parseManifestPatch(bytes: Uint8Array): ManifestPatch {
  const input = Object(parseJson(bytes)) as Partial<Record<keyof ManifestPatch, unknown>>;
  const problems = Object.entries(PATCH_CHECKS).flatMap(([key, isRight]) =>
    isRight(input[key as keyof ManifestPatch]) ? [] : [`${key}: is not what a patch has there`],
  );
  if (problems.length > 0) throw invalidManifest(problems);
  return input as ManifestPatch;
}

const PATCH_CHECKS: Readonly<Record<keyof ManifestPatch, (value: unknown) => boolean>> = {
  format: value => value === 1,
  base: isSha256,
  result: isSha256,
  removed: value => Array.isArray(value) && value.every(path => typeof path === 'string'),
  changed: value => Array.isArray(value) && value.every(isEntryLike),
  rest: value => typeof value === 'object' && value !== null && !Array.isArray(value),
};

const isEntryLike = (value: unknown): boolean => typeof (value as {readonly path?: unknown} | null)?.path === 'string';

/**
 * The bytes of the manifest that the patch makes of `base`, which are those that were meant: their hash is checked, and
 * they are judged as any manifest. Throws MANIFEST_BASE_DIFFERS for another base, MANIFEST_INVALID for anything else.
 */
export function applyManifestPatch(base: Uint8Array, patch: ManifestPatch): Buffer {
  if (sha256Of(base) !== patch.base) throw otherBase(patch.base);
  const manifest = {...patch.rest, files: sortEntries(patchFiles(parseManifest(base).files, patch))};
  const problems = findManifestProblems(manifest);
  if (problems.length > 0) throw invalidManifest(problems);
  const bytes = manifestBytes(manifest);
  if (sha256Of(bytes) !== patch.result) throw invalidManifest(['the patch does not give the manifest it names']);
  return bytes;
}

function patchFiles(files: readonly ManifestEntry[], {removed, changed}: ManifestPatch): ManifestEntry[] {
  const entries = new Map(files.map(entry => [entry.path, entry]));
  for (const path of removed) entries.delete(path);
  for (const entry of changed) entries.set(entry.path, entry);
  return [...entries.values()];
}

const otherBase = (base: string): TakoError =>
  new TakoError('MANIFEST_BASE_DIFFERS', `the server has not the manifest ${base.slice(0, 12)} that the patch is for`, {
    hint: 'send the whole manifest',
  });

const textOf = (entry: ManifestEntry): string => canonicalJson(entry).toString();
