// Releases as folders that processes run from.
//
//   apps/<app>/<env>/releases/<id>/tree/...     the files
//   apps/<app>/<env>/releases/<id>/prepared     the marker: the hash of the manifest
//   apps/<app>/<env>/releases/.<id>.<random>.tmp   not yet, or no longer, a release
//
// A release is made under another name, synced, and renamed; it is removed by the way back. So a folder with a
// release's name is whole whenever the power fails, and one without a marker is nobody's and is made anew.

import {chmod, mkdir, readFile, rename, rm} from 'node:fs/promises';
import path from 'node:path';
import type {DeploymentName} from '../../control/server-methods.js';
import type {Clock} from '../../system/clock.js';
import {errorCode, TakoError} from '../../system/error.js';
import {assembleTree, TREE_FOLDER} from './assemble-tree.js';
import {createTurns, type Turns} from './concurrently.js';
import {type MeasureSpace, measureSpace, orDiskFull} from './disk-space.js';
import {
  ensureDurableFolder,
  isTemporary,
  namesIn,
  removeAbandoned,
  syncFolder,
  temporaryName,
  writeDurably,
} from './durable-files.js';
import type {Manifest} from './manifest.js';
import {releaseIdOf} from './manifest-bytes.js';
import {type ManifestStore, openManifestStore} from './manifest-store.js';
import {type Collected, type ObjectStore, objectMissing, openObjectStore} from './object-store.js';
import {isReleaseId, MARKER, type ReleasePlaces, releasePlaces, TREE} from './release-places.js';

/** A release that is on the disk, whole, and can be started. */
export type PreparedRelease = {
  readonly id: string;
  readonly manifestHash: string;
  readonly manifest: Manifest;
  /** Absolute path of the folder its files are in. */
  readonly tree: string;
};

export type ReleaseStore = {
  readonly objects: ObjectStore;
  readonly manifests: ManifestStore;
  /** Throws MANIFEST_MISSING, MANIFEST_INVALID. */
  read(manifestHash: string): Promise<Manifest>;
  /**
   * Makes the release's folder unless it is there. Asked twice at once, it is made once. Throws OBJECT_MISSING,
   * DISK_FULL, and as `read`; nothing is left then.
   */
  prepare(manifestHash: string): Promise<PreparedRelease>;
  /** A release that is prepared, or undefined. */
  find(deployment: DeploymentName, id: string): Promise<PreparedRelease | undefined>;
  /** Ids of those that are prepared, sorted. */
  list(deployment: DeploymentName): Promise<string[]>;
  /** Removes a release that nothing runs of. One that is not there is removed. */
  remove(deployment: DeploymentName, id: string): Promise<void>;
  /**
   * Removes every release of the deployment but `kept`, and what was left half made or half removed. It is asked for when
   * none of the deployment's is being prepared: a release that is to be prepared has to be in it before.
   */
  prune(deployment: DeploymentName, kept: () => ReadonlySet<string>): Promise<readonly string[]>;
  /** Removes what was left half made of the deployment's releases, of objects and of manifests, by processes that have gone. */
  tidy(deployment: DeploymentName): Promise<void>;
  /**
   * Removes objects and manifests that no manifest of `kept` needs; see object-store.ts for those that are young. Throws,
   * and removes nothing, when one of them cannot be read.
   */
  collect(kept: Iterable<string>): Promise<Collected>;
};

export type ReleaseStoreOptions = {
  /** The server's root folder. */
  readonly root: string;
  readonly clock: Clock;
  readonly measure?: MeasureSpace;
};

export async function openReleaseStore({
  root,
  clock,
  measure = measureSpace,
}: ReleaseStoreOptions): Promise<ReleaseStore> {
  const places = releasePlaces(path.resolve(root));
  const manifests = await openManifestStore(places, clock, measure);
  const objects = await openObjectStore({folder: places.objects, clock, measure});
  const ground: Ground = {
    ...{places, manifests, objects, clock, measure},
    preparing: new Map(),
    inTurn: createTurnsByDeployment(),
  };
  // A full disk may refuse to rename and to sync too.
  const orFull = <T>(work: () => Promise<T>): Promise<T> => orDiskFull(places.objects, 0, measure, work);
  return {
    objects,
    manifests,
    read: manifests.read,
    prepare: hash => prepareOnce(ground, hash),
    find: (deployment, id) => findRelease(ground, deployment, id),
    list: deployment => listReleases(ground, deployment),
    remove: (deployment, id) => orFull(() => ground.inTurn(deployment, () => removeRelease(ground, deployment, id))),
    prune: (deployment, kept) =>
      orFull(() => ground.inTurn(deployment, () => pruneReleases(ground, deployment, kept()))),
    tidy: deployment => tidy(ground, deployment),
    collect: kept => orFull(() => collectGarbage(ground, new Set(kept))),
  };
}

type Ground = {
  readonly places: ReleasePlaces;
  readonly manifests: ManifestStore;
  readonly objects: ObjectStore;
  readonly clock: Clock;
  readonly measure: MeasureSpace;
  readonly preparing: Map<string, Promise<PreparedRelease>>;
  /** What makes and what removes releases of one deployment. */
  readonly inTurn: <T>(deployment: DeploymentName, work: () => Promise<T>) => Promise<T>;
};

function createTurnsByDeployment(): Ground['inTurn'] {
  const turns = new Map<string, Turns>();
  return ({app, environment}, work) => {
    const key = `${app}/${environment}`;
    const own = turns.get(key) ?? createTurns();
    turns.set(key, own);
    return own(work);
  };
}

function prepareOnce(ground: Ground, hash: string): Promise<PreparedRelease> {
  const pending = ground.preparing.get(hash) ?? prepare(ground, hash).finally(() => ground.preparing.delete(hash));
  ground.preparing.set(hash, pending);
  return pending;
}

async function prepare(ground: Ground, hash: string): Promise<PreparedRelease> {
  const manifest = await ground.manifests.read(hash);
  return ground.inTurn(manifest, () => prepareRelease(ground, hash, manifest));
}

async function prepareRelease(ground: Ground, hash: string, manifest: Manifest): Promise<PreparedRelease> {
  const id = releaseIdOf(hash);
  const folder = ground.places.release(manifest, id);
  const marked = await readMarker(folder);
  if (marked !== undefined && marked !== hash) throw sameId(id);
  if (marked === undefined)
    await orDiskFull(ground.places.objects, 0, ground.measure, () => make(ground, folder, hash, manifest));
  return {id, manifestHash: hash, manifest, tree: path.join(folder, TREE)};
}

/** The hash of the manifest of a release that is whole. */
async function readMarker(folder: string): Promise<string | undefined> {
  try {
    return (await readFile(path.join(folder, MARKER), 'utf8')) || undefined;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function make(ground: Ground, folder: string, hash: string, manifest: Manifest): Promise<void> {
  const parent = path.dirname(folder);
  await ensureDurableFolder(parent, TREE_FOLDER);
  await removeLeftovers(parent, path.basename(folder));
  await ensureObjects(ground, manifest);
  const temporary = path.join(parent, temporaryName(path.basename(folder)));
  try {
    await assemble(ground, temporary, hash, manifest);
    await rename(temporary, folder);
  } catch (error) {
    await rm(temporary, {recursive: true, force: true});
    throw error;
  }
  await syncFolder(parent);
}

/** A folder without a marker, and those of attempts that were cut: this one is the only one now. */
async function removeLeftovers(parent: string, id: string): Promise<void> {
  for (const name of await namesIn(parent)) {
    if (name === id || isTemporary(name, id)) await rm(path.join(parent, name), {recursive: true, force: true});
  }
}

/** Before the first link, so that what is missing is said as a whole; those that are there stay while links are made. */
async function ensureObjects({objects}: Ground, {files}: Manifest): Promise<void> {
  const missing = new Set(await objects.missing(files.flatMap(entry => ('sha256' in entry ? [entry.sha256] : []))));
  const paths = files.flatMap(entry => ('sha256' in entry && missing.has(entry.sha256) ? [entry.path] : []));
  if (paths.length > 0) throw objectMissing(...paths.slice(0, MAX_SHOWN).map(name => JSON.stringify(name)));
}

const MAX_SHOWN = 20;

async function assemble({objects}: Ground, folder: string, hash: string, {files}: Manifest): Promise<void> {
  await mkdir(folder);
  await chmod(folder, TREE_FOLDER);
  await assembleTree(path.join(folder, TREE), files, objects);
  await writeDurably(path.join(folder, MARKER), hash);
}

async function findRelease(
  ground: Ground,
  deployment: DeploymentName,
  id: string,
): Promise<PreparedRelease | undefined> {
  if (!isReleaseId(id)) return undefined;
  const folder = ground.places.release(deployment, id);
  const hash = await readMarker(folder);
  if (hash === undefined) return undefined;
  return {id, manifestHash: hash, manifest: await ground.manifests.read(hash), tree: path.join(folder, TREE)};
}

async function listReleases({places}: Ground, deployment: DeploymentName): Promise<string[]> {
  const ids = (await namesIn(places.releases(deployment))).filter(isReleaseId);
  const marked = await Promise.all(
    ids.map(async id => (await readMarker(places.release(deployment, id))) !== undefined),
  );
  return ids.filter((_, index) => marked[index]).sort();
}

async function removeRelease({places}: Ground, deployment: DeploymentName, id: string): Promise<void> {
  const parent = places.releases(deployment);
  const [place, temporary] = [places.release(deployment, id), path.join(parent, temporaryName(id))];
  try {
    await rename(place, temporary);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return;
    throw error;
  }
  try {
    await syncFolder(parent);
  } catch (error) {
    await rename(temporary, place);
    throw error;
  }
  // Only then: half a tree must not come back with its marker when the power fails.
  await rm(temporary, {recursive: true, force: true});
}

async function pruneReleases(ground: Ground, deployment: DeploymentName, kept: ReadonlySet<string>): Promise<string[]> {
  const parent = ground.places.releases(deployment);
  const removed = (await namesIn(parent)).filter(name => isReleaseId(name) && !kept.has(name));
  for (const id of removed) await removeRelease(ground, deployment, id);
  await removeAbandoned(parent, ground.clock.now());
  return removed;
}

async function tidy({places, objects, manifests, clock}: Ground, deployment: DeploymentName): Promise<void> {
  await removeAbandoned(places.releases(deployment), clock.now());
  await Promise.all([objects.tidy(), manifests.tidy()]);
}

async function collectGarbage({manifests, objects}: Ground, kept: ReadonlySet<string>): Promise<Collected> {
  const used = new Set<string>();
  for (const hash of kept) {
    for (const entry of (await manifests.read(hash)).files) if ('sha256' in entry) used.add(entry.sha256);
  }
  await manifests.collect(kept);
  return objects.collect(used);
}

const sameId = (id: string): TakoError =>
  new TakoError('RELEASE_EXISTS', `another release of the app has the id ${id}`, {
    hint: 'change anything in the app, and deploy again',
  });
