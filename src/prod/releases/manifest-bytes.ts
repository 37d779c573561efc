import type {Manifest, ManifestEntry} from './manifest.js';
import {sha256Of} from './sha256.js';

/** 48 bits: of 1,000 releases on a server, two would meet once in 500 million servers. */
const ID_LENGTH = 12;

/**
 * The one way to write a manifest: compact JSON with the keys of every object sorted, and its files by path. Equal
 * manifests are equal bytes, and so have one hash and one id.
 */
export const manifestBytes = (manifest: Manifest): Buffer =>
  canonicalJson({...manifest, files: sortEntries(manifest.files)});

/** By path, in UTF-16 code units: as a manifest has them. */
export const sortEntries = (files: readonly ManifestEntry[]): ManifestEntry[] =>
  files.toSorted((a, b) => (a.path < b.path ? -1 : Number(a.path > b.path)));

/** JSON in which the order of keys says nothing. */
export const canonicalJson = (value: unknown): Buffer => Buffer.from(JSON.stringify(withSortedKeys(value)));

/** The release's id: the first 12 hexadecimal digits of its manifest's SHA-256. */
export const releaseId = (bytes: Uint8Array): string => releaseIdOf(sha256Of(bytes));

/** The same, where the hash is known. */
export const releaseIdOf = (manifestHash: string): string => manifestHash.slice(0, ID_LENGTH);

function withSortedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withSortedKeys);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, element]) => [key, withSortedKeys(element)]));
}
