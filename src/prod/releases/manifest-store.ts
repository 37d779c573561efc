import {chmod, mkdir, readFile, rm, stat} from 'node:fs/promises';
import path from 'node:path';
import type {Clock} from '../../system/clock.js';
import {errorCode} from '../../system/error.js';
import {PRIVATE_FOLDER} from '../../system/files.js';
import {type MeasureSpace, orDiskFull} from './disk-space.js';
import {namesIn, removeAbandoned, syncFolder, writeDurably} from './durable-files.js';
import type {Manifest} from './manifest.js';
import {applyManifestPatch, parseManifestPatch} from './manifest-patch.js';
import {COLLECT_AFTER_MS} from './object-store.js';
import {invalidManifest, parseManifest} from './parse-manifest.js';
import {manifestMissing, type ReleasePlaces} from './release-places.js';
import {isSha256, sha256Of} from './sha256.js';

/** The manifests that a server has, as the bytes that were sent. */
export type ManifestStore = {
  /** Keeps a manifest that is right, and gives its hash. Throws MANIFEST_INVALID, DISK_FULL. */
  add(bytes: Uint8Array): Promise<string>;
  /** Keeps what the patch makes of a manifest that is here. Throws as `add`, and MANIFEST_MISSING without that one. */
  addPatch(patch: Uint8Array): Promise<string>;
  /** Throws MANIFEST_MISSING, and MANIFEST_INVALID when it is damaged. */
  read(hash: string): Promise<Manifest>;
  /** Removes those that are not in `kept` and were written COLLECT_AFTER_MS ago or longer. */
  collect(kept: ReadonlySet<string>): Promise<void>;
  /** Removes what was left half written. */
  tidy(): Promise<void>;
};

/** They have the variables of apps, so their folder is made for this user alone. */
export async function openManifestStore(
  places: ReleasePlaces,
  clock: Clock,
  measure: MeasureSpace,
): Promise<ManifestStore> {
  await mkdir(places.manifests, {recursive: true, mode: PRIVATE_FOLDER});
  const add = async (bytes: Uint8Array): Promise<string> => {
    parseManifest(bytes);
    const hash = sha256Of(bytes);
    await orDiskFull(places.manifests, bytes.byteLength, measure, () => keep(places.manifest(hash), bytes));
    return hash;
  };
  return {
    add,
    addPatch: async bytes => {
      const patch = parseManifestPatch(bytes);
      return add(applyManifestPatch(await readBytes(places, patch.base), patch));
    },
    read: async hash => parseManifest(await readBytes(places, hash)),
    collect: kept => collectManifests(places.manifests, kept, clock.now()),
    tidy: () => removeAbandoned(places.manifests, clock.now()),
  };
}

/** One that is there is as good as new: it will not be collected for as long. */
async function keep(file: string, bytes: Uint8Array): Promise<void> {
  const known = await readIfExists(file);
  if (!known?.equals(bytes)) return writeDurably(file, bytes);
  await chmod(file, 0o600);
}

async function readBytes(places: ReleasePlaces, hash: string): Promise<Buffer> {
  const bytes = await readIfExists(places.manifest(hash));
  if (!bytes) throw manifestMissing(hash);
  if (sha256Of(bytes) !== hash) throw invalidManifest([`is damaged: the file ${hash} has another hash`]);
  return bytes;
}

async function readIfExists(file: string): Promise<Buffer | undefined> {
  try {
    return await readFile(file);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function collectManifests(folder: string, kept: ReadonlySet<string>, now: number): Promise<void> {
  for (const name of await namesIn(folder)) {
    const file = path.join(folder, name);
    if (!isSha256(name) || kept.has(name)) continue;
    if (now - (await stat(file)).ctimeMs >= COLLECT_AFTER_MS) await rm(file, {force: true});
  }
  await removeAbandoned(folder, now);
  await syncFolder(folder);
}
