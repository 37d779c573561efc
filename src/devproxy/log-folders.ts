// Where the log of each app is on disk: a folder of its own, also for as long after the app has gone as there is room.

import {readdir, rm, stat} from 'node:fs/promises';
import path from 'node:path';
import {listParts, partFile} from '../supervisor/log-files/log-parts.js';
import {errorCode} from '../system/error.js';

/** No name leads out of `logs`, whoever has registered it. */
export const logFolderOf = (logs: string, app: string): string =>
  path.join(logs, encodeURIComponent(app).replace(/^\./, '%2E'));

/** The apps that have a log, also those that are not registered any more. */
export async function findLoggedApps(logs: string): Promise<string[]> {
  const names = await readdir(logs).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  });
  return names.map(nameOf).filter(name => name !== undefined);
}

/** Undefined for what is no folder of ours. */
function nameOf(folder: string): string | undefined {
  try {
    return decodeURIComponent(folder);
  } catch {
    return undefined;
  }
}

export type LogSpace = {
  /** What the logs of all apps may have together, in bytes. */
  readonly maxBytes: number;
  /** How old the end of a log may be whose app has gone, in milliseconds. */
  readonly maxAgeMs: number;
};

export const LOG_SPACE: LogSpace = {maxBytes: 256 * 1024 * 1024, maxAgeMs: 30 * 24 * 60 * 60 * 1_000};

/** One file of a log. */
export type LogPart = {
  readonly app: string;
  readonly file: string;
  readonly bytes: number;
  /** When it was last written, in milliseconds since the epoch. */
  readonly writtenAt: number;
  /** Whether it is the newest of its log. */
  readonly isNewest: boolean;
};

/**
 * Which files have to go, for the others to have room: of apps that have gone, the oldest first, and then of the others. The
 * newest file of an app that is there always stays. What is too old goes in any case.
 */
export function decideRemoval(
  parts: readonly LogPart[],
  registered: ReadonlySet<string>,
  {maxBytes, maxAgeMs}: LogSpace,
  now: number,
): readonly LogPart[] {
  const isThere = ({app}: LogPart): boolean => registered.has(app);
  const removable = parts
    .filter(part => !part.isNewest || !isThere(part))
    .sort((a, b) => Number(isThere(a)) - Number(isThere(b)) || a.writtenAt - b.writtenAt);
  let bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
  return removable.filter(part => {
    const isOld = !isThere(part) && now - part.writtenAt > maxAgeMs;
    if (!isOld && bytes <= maxBytes) return false;
    bytes -= part.bytes;
    return true;
  });
}

/** All files of all logs. One that goes meanwhile is left out. */
export async function findLogParts(logs: string): Promise<readonly LogPart[]> {
  const apps = await findLoggedApps(logs);
  return (await Promise.all(apps.map(app => partsOf(logs, app)))).flat();
}

async function partsOf(logs: string, app: string): Promise<LogPart[]> {
  const folder = logFolderOf(logs, app);
  const parts = await listParts(folder).catch(() => []);
  const found = parts.map(async (first): Promise<LogPart | undefined> => {
    const file = partFile(folder, first);
    const info = await stat(file).catch(() => undefined);
    return info && {app, file, bytes: info.size, writtenAt: info.mtimeMs, isNewest: first === parts.at(-1)};
  });
  return (await Promise.all(found)).filter(part => part !== undefined);
}

/** Removes these files, and the folders that are empty then. */
export async function removeParts(logs: string, parts: readonly LogPart[]): Promise<void> {
  for (const {file} of parts) await rm(file, {force: true});
  for (const app of new Set(parts.map(part => part.app))) {
    const folder = logFolderOf(logs, app);
    const left = await readdir(folder).catch(() => ['']);
    if (left.length === 0) await rm(folder, {recursive: true, force: true});
  }
}
