import {statfs} from 'node:fs/promises';
import {errorCode, TakoError} from '../../system/error.js';

export type DiskSpace = {
  /** Bytes that this user may still write. */
  readonly freeBytes: number;
  /** Files that may still be made; null where the file system has no such limit. */
  readonly freeFiles: number | null;
};

/** Asks for the space left where a folder is. */
export type MeasureSpace = (folder: string) => Promise<DiskSpace>;

export const measureSpace: MeasureSpace = async folder => {
  const {bavail, bsize, files, ffree} = await statfs(folder);
  return {freeBytes: bavail * bsize, freeFiles: files === 0 ? null : ffree};
};

/**
 * What stays free for the rest of the server: its database, its logs, and the apps' own files. The existing product
 * asks for as much before a deploy (reference: 256 MiB).
 */
export const RESERVED_BYTES = 256 * 1024 * 1024;

/** Throws DISK_FULL when `neededBytes` do not fit beside what is reserved. */
export async function ensureSpace(folder: string, neededBytes: number, measure = measureSpace): Promise<void> {
  const {freeBytes} = await measure(folder);
  if (freeBytes < neededBytes + RESERVED_BYTES) throw diskFull(neededBytes, freeBytes);
}

/** What the work throws, as DISK_FULL when the disk or the quota is what stood against it. */
export async function orDiskFull<T>(
  folder: string,
  neededBytes: number,
  measure: MeasureSpace,
  work: () => Promise<T>,
) {
  try {
    return await work();
  } catch (error) {
    if (!FULL.has(errorCode(error) ?? '')) throw error;
    const {freeBytes, freeFiles} = await measure(folder);
    throw freeFiles === 0 ? filesFull(error) : diskFull(neededBytes, freeBytes, error);
  }
}

const FULL = new Set(['ENOSPC', 'EDQUOT']);

const HINT = 'make room on the server, or delete what is not needed with "tako delete"';

const diskFull = (neededBytes: number, freeBytes: number, cause?: unknown): TakoError =>
  new TakoError('DISK_FULL', `the disk is full: ${showBytes(neededBytes)} needed, ${showBytes(freeBytes)} free`, {
    hint: HINT,
    details: [`needed: ${neededBytes} bytes`, `free: ${freeBytes} bytes`, `kept free: ${RESERVED_BYTES} bytes`],
    cause,
  });

const filesFull = (cause: unknown): TakoError =>
  new TakoError('DISK_FULL', 'the disk is full: it has room for no more files', {hint: HINT, cause});

const UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];

function showBytes(bytes: number): string {
  const unit = Math.min(UNITS.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  return `${unit === 0 ? bytes : (bytes / 1024 ** unit).toFixed(1)} ${UNITS[unit]}`;
}
