import {constants, existsSync} from 'node:fs';
import {access, statfs} from 'node:fs/promises';
import path from 'node:path';
import type {Paths} from '../../system/paths.js';
import {broken, type Finding, fine, warning} from './finding.js';

/** Where one of tako's folders is, or will be. */
export type FolderSpace = {
  readonly folder: string;
  readonly freeBytes: number;
  /** Files that can still be made; undefined where the file system does not count them. */
  readonly freeFiles: number | undefined;
  readonly isWritable: boolean;
};

export function readSpace({data, cache}: Pick<Paths, 'data' | 'cache'>): Promise<readonly FolderSpace[]> {
  return Promise.all([...new Set([data, cache].map(nearestFolder))].map(readFolder));
}

/** The folder, or the one in which it will be made. */
const nearestFolder = (folder: string): string => (existsSync(folder) ? folder : nearestFolder(path.dirname(folder)));

async function readFolder(folder: string): Promise<FolderSpace> {
  const [{bavail, bsize, files, ffree}, isWritable] = await Promise.all([
    statfs(folder),
    access(folder, constants.W_OK).then(
      () => true,
      () => false,
    ),
  ]);
  return {folder, freeBytes: bavail * bsize, freeFiles: files > 0 ? ffree : undefined, isWritable};
}

const MIB = 1024 * 1024;
/** Below it a start of an app with its log and certificate may fail. */
const TOO_LITTLE_BYTES = 50 * MIB;
/** Below it one build may be what fills it. */
const LITTLE_BYTES = 500 * MIB;
const FEW_FILES = 1_000;

export function checkSpace(spaces: readonly FolderSpace[]): readonly Finding[] {
  const findings = spaces.flatMap(describeSpace);
  if (findings.length > 0) return findings;
  const least = Math.min(...spaces.map(({freeBytes}) => freeBytes));
  return [fine('disk', `${Math.floor(least / MIB)} MiB are free for tako's folders`)];
}

function describeSpace({folder, freeBytes, freeFiles, isWritable}: FolderSpace): readonly Finding[] {
  const free = Math.floor(freeBytes / MIB);
  if (!isWritable) {
    return [broken('disk', `${folder} cannot be written`, 'make it writable, or set TAKO_HOME to another folder')];
  }
  if (freeFiles !== undefined && freeFiles < FEW_FILES) {
    return [
      broken(
        'disk',
        `the file system of ${folder} has room for ${freeFiles} more files`,
        'delete what has many small ones, such as node_modules of old projects',
      ),
    ];
  }
  if (freeBytes >= LITTLE_BYTES) return [];
  const fix = 'make room: "tako logs" and caches of package managers are a start';
  const observed = `${free} MiB are free for ${folder}`;
  return [freeBytes < TOO_LITTLE_BYTES ? broken('disk', observed, fix) : warning('disk', observed, fix)];
}
