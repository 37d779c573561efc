// The contents of all files of all releases, each once, named by its SHA-256. Releases are trees of hard links to them.
//
//   objects/ab/<sha256>    mode 0444
//   objects/ab/<sha256>x   mode 0555: hard links share the mode, so what is executable is a file of its own
//   objects/tmp/           what is being written
//
// An object is whole or not there: it is written under another name, its hash and size compared, synced, and renamed.
// Its name may be lost with the power, which costs a second upload: what is in a release has a synced name there.
//
// Garbage is an object that no release tree has a link to, that no kept manifest names, and that was neither written,
// asked for (`missing`) nor linked for COLLECT_AFTER_MS. A deploy asks for all its objects first and links them
// when its upload is done, so one that takes less than a day never loses any; one that takes longer is told OBJECT_MISSING,
// and sends again what is missing. The time is the file's ctime, which all of these set and nothing else shows.

import {chmod, copyFile, link, lstat, mkdir, open, rename, rm, unlink} from 'node:fs/promises';
import path from 'node:path';
import type {Clock} from '../../system/clock.js';
import {errorCode, TakoError} from '../../system/error.js';
import {PRIVATE_FOLDER} from '../../system/files.js';
import {concurrently, createTurns} from './concurrently.js';
import {ensureSpace, type MeasureSpace, measureSpace, orDiskFull} from './disk-space.js';
import {namesIn, removeAbandoned, temporaryName, writeNew} from './durable-files.js';
import {hashFile, writeVerified} from './object-content.js';
import {isSha256} from './sha256.js';

/** How long an object that nothing uses is kept, in milliseconds. */
export const COLLECT_AFTER_MS = 24 * 60 * 60_000;

export type ObjectStore = {
  has(sha256: string): Promise<boolean>;
  /** Those of `hashes` that are not there. Those that are stay for COLLECT_AFTER_MS from now, used or not. */
  missing(hashes: Iterable<string>): Promise<string[]>;
  /**
   * Keeps the content, all of which is read in any case. Throws OBJECT_CORRUPT when it has not that hash and size, and
   * DISK_FULL; then nothing of it stays.
   */
  put(content: AsyncIterable<Uint8Array>, sha256: string, size: number, isExecutable?: boolean): Promise<void>;
  /** Makes `target` a hard link to the object, whichever way it was put. Throws OBJECT_MISSING. */
  link(sha256: string, isExecutable: boolean, target: string): Promise<void>;
  /** Reads the object again. One that is damaged is taken out of the store, so that it is sent again. */
  verify(sha256: string): Promise<'intact' | 'missing' | 'corrupt'>;
  /** Removes garbage; `used` are the objects of every manifest that is kept. */
  collect(used: ReadonlySet<string>): Promise<Collected>;
  /** Removes what was left half written. */
  tidy(): Promise<void>;
};

export type Collected = {readonly objects: number; readonly bytes: number};

export type ObjectStoreOptions = {
  readonly folder: string;
  readonly clock: Clock;
  readonly measure?: MeasureSpace;
};

/** Opens the store in a folder that it makes, for this user alone: others reach contents through a release only. */
export async function openObjectStore({
  folder,
  clock,
  measure = measureSpace,
}: ObjectStoreOptions): Promise<ObjectStore> {
  await mkdir(path.join(folder, TEMPORARY), {recursive: true, mode: PRIVATE_FOLDER});
  await chmod(folder, PRIVATE_FOLDER);
  const ground: Ground = {folder, clock, measure, inTurn: createTurns()};
  return {
    has: async sha256 => (await findVariant(ground, sha256)) !== undefined,
    missing: hashes => findMissing(ground, hashes),
    put: (content, sha256, size, isExecutable = false) => putObject(ground, content, {sha256, size, isExecutable}),
    link: (sha256, isExecutable, target) => linkObject(ground, {sha256, isExecutable}, target),
    verify: sha256 => verifyObject(ground, sha256),
    collect: used => collectObjects(ground, used),
    tidy: () => tidy(ground),
  };
}

type Ground = {
  readonly folder: string;
  readonly clock: Clock;
  readonly measure: MeasureSpace;
  /** `missing` and the steps of `collect`: what was just said to be there is not taken away. */
  readonly inTurn: ReturnType<typeof createTurns>;
};

/** An object in one of its two modes. */
type Variant = {readonly sha256: string; readonly isExecutable: boolean};

const TEMPORARY = 'tmp';
/** As many as Node works on at once by default, and some that wait for the disk. */
const AT_ONCE = 16;

const modeOf = ({isExecutable}: Variant): number => (isExecutable ? 0o555 : 0o444);

function fileOf({folder}: Ground, {sha256, isExecutable}: Variant): string {
  if (!isSha256(sha256)) throw new TypeError(`not a SHA-256: ${sha256}`);
  return path.join(folder, sha256.slice(0, 2), sha256 + (isExecutable ? 'x' : ''));
}

const variantsOf = (sha256: string): readonly Variant[] => [
  {sha256, isExecutable: false},
  {sha256, isExecutable: true},
];

async function findVariant(ground: Ground, sha256: string): Promise<Variant | undefined> {
  for (const variant of variantsOf(sha256)) {
    if ((await sizeOf(fileOf(ground, variant))) !== undefined) return variant;
  }
  return undefined;
}

function findMissing(ground: Ground, hashes: Iterable<string>): Promise<string[]> {
  return ground.inTurn(async () => {
    const missing: string[] = [];
    await concurrently(new Set(hashes), AT_ONCE, async sha256 => {
      if (!(await touch(ground, sha256))) missing.push(sha256);
    });
    return missing.sort();
  });
}

/** Says that the object is wanted. False: it is not there. */
async function touch(ground: Ground, sha256: string): Promise<boolean> {
  const touched = await Promise.all(variantsOf(sha256).map(variant => touchVariant(ground, variant)));
  return touched.includes(true);
}

/** A mode set to what it is changes the ctime, and nothing else: the times that a file server shows stay. */
const touchVariant = (ground: Ground, variant: Variant): Promise<boolean> =>
  unlessMissing(
    chmod(fileOf(ground, variant), modeOf(variant)).then(() => true),
    false,
  );

async function putObject(
  ground: Ground,
  content: AsyncIterable<Uint8Array>,
  object: Variant & {readonly size: number},
): Promise<void> {
  const file = fileOf(ground, object);
  const isThere = (await sizeOf(file)) === object.size && (await ground.inTurn(() => touchVariant(ground, object)));
  if (isThere) return drain(content);
  await ensureSpace(ground.folder, object.size, ground.measure);
  await orDiskFull(ground.folder, object.size, ground.measure, () =>
    makeVariant(ground, object, temporary =>
      writeNew(temporary, modeOf(object), handle => writeVerified(handle, content, object)),
    ),
  );
}

/** Gives the variant its name once `write` has made it under another. */
async function makeVariant(ground: Ground, variant: Variant, write: (temporary: string) => Promise<void>) {
  const file = fileOf(ground, variant);
  const temporary = path.join(ground.folder, TEMPORARY, temporaryName(path.basename(file)));
  try {
    await write(temporary);
    await mkdir(path.dirname(file), {recursive: true, mode: PRIVATE_FOLDER});
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, {force: true});
    throw error;
  }
}

async function drain(content: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _ of content);
}

async function linkObject(ground: Ground, variant: Variant, target: string): Promise<void> {
  const file = fileOf(ground, variant);
  try {
    await link(file, target);
  } catch (error) {
    // A file has room for so many links (65,000 on ext4); a copy has as many again.
    if (errorCode(error) === 'EMLINK') await copyVariant(ground, variant, variant);
    else if (errorCode(error) === 'ENOENT') await copyVariant(ground, otherOf(variant), variant);
    else throw error;
    await link(file, target);
  }
}

const otherOf = ({sha256, isExecutable}: Variant): Variant => ({sha256, isExecutable: !isExecutable});

async function copyVariant(ground: Ground, from: Variant, to: Variant): Promise<void> {
  const size = await sizeOf(fileOf(ground, from));
  if (size === undefined) throw objectMissing(from.sha256);
  await orDiskFull(ground.folder, size, ground.measure, () =>
    makeVariant(ground, to, async temporary => {
      await copyFile(fileOf(ground, from), temporary);
      await chmod(temporary, modeOf(to));
      await syncFile(temporary);
    }),
  );
}

async function syncFile(file: string): Promise<void> {
  const handle = await open(file, 'r');
  await handle.sync().finally(() => handle.close());
}

async function verifyObject(ground: Ground, sha256: string): Promise<'intact' | 'missing' | 'corrupt'> {
  const states = await Promise.all(
    variantsOf(sha256).map(async variant => {
      const file = fileOf(ground, variant);
      const found = await unlessMissing(hashFile(file), undefined);
      if (found !== undefined && found !== sha256) await rm(file, {force: true});
      return found === undefined ? 'missing' : found === sha256 ? 'intact' : 'corrupt';
    }),
  );
  return states.find(state => state === 'corrupt') ?? states.find(state => state === 'intact') ?? 'missing';
}

async function collectObjects(ground: Ground, used: ReadonlySet<string>): Promise<Collected> {
  let collected: Collected = {objects: 0, bytes: 0};
  for (const prefix of await namesIn(ground.folder)) {
    if (!/^[0-9a-f]{2}$/.test(prefix)) continue;
    const some = await ground.inTurn(() => collectFolder(ground, path.join(ground.folder, prefix), used));
    collected = {objects: collected.objects + some.objects, bytes: collected.bytes + some.bytes};
  }
  await tidy(ground);
  return collected;
}

const tidy = ({folder, clock}: Ground): Promise<void> => removeAbandoned(path.join(folder, TEMPORARY), clock.now());

async function collectFolder({clock}: Ground, folder: string, used: ReadonlySet<string>): Promise<Collected> {
  let [objects, bytes] = [0, 0];
  await concurrently(await namesIn(folder), AT_ONCE, async name => {
    const file = path.join(folder, name);
    const info = await unlessMissing(lstat(file), undefined);
    if (!info || info.nlink > 1 || used.has(name.slice(0, 64)) || clock.now() - info.ctimeMs < COLLECT_AFTER_MS) return;
    await unlessMissing(unlink(file), undefined);
    objects += 1;
    bytes += info.size;
  });
  return {objects, bytes};
}

const sizeOf = async (file: string): Promise<number | undefined> => (await unlessMissing(lstat(file), undefined))?.size;

async function unlessMissing<T, Otherwise>(work: Promise<T>, otherwise: Otherwise): Promise<T | Otherwise> {
  try {
    return await work;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return otherwise;
    throw error;
  }
}

/** Files that a release needs are not there: `what` says which. */
export const objectMissing = (...what: readonly string[]): TakoError =>
  new TakoError('OBJECT_MISSING', 'files of the release are not on the server', {
    hint: 'deploy again: what is missing is sent',
    details: what,
  });
