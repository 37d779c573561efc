// A release on its way to one server: what that lacks of it, and its manifest as what differs from the one that serves.

import {createReadStream} from 'node:fs';
import {mkdir, readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import type {Manifest} from '../releases/manifest.js';
import {manifestBytes, releaseId} from '../releases/manifest-bytes.js';
import {makeManifestPatch, manifestPatchBytes} from '../releases/manifest-patch.js';
import {parseManifest} from '../releases/parse-manifest.js';
import {sha256Of} from '../releases/sha256.js';
import type {UploadItem} from '../releases/upload-stream.js';
import type {ServerConnection} from '../remote/server-connection.js';
import type {UploadProgress} from '../remote/upload.js';
import type {LocalRelease} from './make-manifest.js';

export type SendOptions = {
  readonly release: LocalRelease;
  /** The id of the release that serves there; null: none does. */
  readonly currentRelease: string | null;
  readonly manifests: SentManifests;
  readonly onProgress: (progress: UploadProgress) => void;
  readonly signal: AbortSignal;
};

/** Uploads what the server lacks. Resolves with the hash of the manifest, by which the release can be deployed then. */
export async function sendRelease(
  connection: ServerConnection,
  {release, currentRelease, manifests, onProgress, signal}: SendOptions,
): Promise<string> {
  const {manifest} = release;
  const bytes = manifestBytes(manifest);
  const base = currentRelease === null ? undefined : await manifests.find(currentRelease);
  // What a release that serves is made of is there.
  await connection.upload([...filesOf(release, base), manifestItem(manifest, bytes, base)], {
    onProgress,
    signal,
  });
  await manifests.keep(bytes);
  return sha256Of(bytes);
}

function filesOf({manifest, source}: LocalRelease, base: Manifest | undefined): readonly UploadItem[] {
  const there = new Set(base?.files.flatMap(entry => ('sha256' in entry ? [keyOf(entry)] : [])));
  const items = new Map<string, UploadItem>();
  for (const entry of manifest.files) {
    if (!('sha256' in entry) || there.has(keyOf(entry))) continue;
    const {sha256, size, isExecutable} = entry;
    const open = (): AsyncIterable<Uint8Array> => createReadStream(source(sha256));
    items.set(sha256, {sha256, kind: isExecutable ? 'executable' : 'file', size, open});
  }
  return [...items.values()];
}

const keyOf = ({sha256, isExecutable}: {readonly sha256: string; readonly isExecutable: boolean}): string =>
  `${sha256}${isExecutable ? 'x' : ''}`;

function manifestItem(manifest: Manifest, bytes: Buffer, base: Manifest | undefined): UploadItem {
  if (!base) return itemOf('manifest', bytes);
  const patch = manifestPatchBytes(makeManifestPatch(base, manifest));
  return patch.length < bytes.length ? itemOf('patch', patch) : itemOf('manifest', bytes);
}

const itemOf = (kind: 'manifest' | 'patch', bytes: Buffer): UploadItem => ({
  sha256: sha256Of(bytes),
  kind,
  size: bytes.length,
  open: async function* () {
    yield bytes;
  },
});

/** The manifests that this project has sent before, by the ids of their releases. */
export type SentManifests = {
  find(release: string): Promise<Manifest | undefined>;
  keep(bytes: Buffer): Promise<void>;
};

/** Kept in a folder that may be deleted at any time: what is not found is sent whole. */
export function openSentManifests(folder: string): SentManifests {
  return {
    async find(release) {
      try {
        const bytes = await readFile(path.join(folder, release));
        return releaseId(bytes) === release ? parseManifest(bytes) : undefined;
      } catch {
        return undefined;
      }
    },
    async keep(bytes) {
      await mkdir(folder, {recursive: true});
      await writeFile(path.join(folder, releaseId(bytes)), bytes, {mode: 0o600});
    },
  };
}
