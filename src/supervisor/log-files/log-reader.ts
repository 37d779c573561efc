// Reads a log: finds where to begin, from the end backwards, and then goes forward file by file. Only a place is kept, never
// records: a reader that is slow costs nothing, and one that falls behind for so long that files are gone goes on with the
// oldest there is (its ids tell that some are missing).

import {type FileHandle, open} from 'node:fs/promises';
import {errorCode} from '../../system/error.js';
import {isAtLeast, type LogLevel} from '../log-level.js';
import {readLinesAfter, readLinesBefore} from './log-lines.js';
import {listParts, partFile} from './log-parts.js';
import {type LogRecord, parseRecord} from './log-record.js';

export type LogQuery = {
  /** The last so many of those that match; all if not given. Those to come are not among them. */
  readonly count?: number | undefined;
  /** Not before this time, in milliseconds since the epoch. */
  readonly since?: number | undefined;
  /** Those behind the record of this id. */
  readonly after?: number | undefined;
  /** Those of one release only. */
  readonly release?: string | null | undefined;
  /** Of this level and more serious ones; those without a level are not among them. */
  readonly level?: LogLevel | undefined;
  /** Of one process only. */
  readonly instance?: string | undefined;
  /** Those for which it is true. */
  readonly where?: ((record: LogRecord) => boolean) | undefined;
  /** Goes on with what is appended, until the signal aborts or the log is closed. */
  readonly follow?: boolean | undefined;
  /** Ends the reading, without an error. */
  readonly signal?: AbortSignal | undefined;
};

export type LogReading = {
  readonly folder: string;
  readonly query: LogQuery;
  /** Grows with every batch that is written. */
  readonly version: () => number;
  /** Resolves when the version is another than this, the log was closed, or the signal aborts. */
  readonly untilWritten: (version: number, signal: AbortSignal | undefined) => Promise<void>;
  readonly isClosed: () => boolean;
  /** Told of each line that is no record. */
  readonly onBadLine: () => void;
};

/** A place in a log: a byte of the file that begins with this id. */
type Place = {readonly part: number; readonly offset: number};

/** Gives the records that match, in order. */
export async function* readLog(reading: LogReading): AsyncGenerator<LogRecord> {
  const {folder, query} = reading;
  const now = await findEnd(folder);
  const end = query.follow === true ? undefined : now;
  let {part, offset} = await findStart(folder, now, query);
  for (;;) {
    yield* readPart({...reading, end}, {part, offset});
    const next = query.signal?.aborted ? undefined : await nextPart(folder, part);
    if (next === undefined || (end !== undefined && next > end.part)) return;
    [part, offset] = [next, 0];
  }
}

/**
 * Gives what is in one file from a place on, until there is a newer file, or nothing more to wait for. One that is not there
 * is empty.
 */
async function* readPart(
  reading: LogReading & {readonly end: Place | undefined},
  from: Place,
): AsyncGenerator<LogRecord> {
  const {folder, query, end, version, untilWritten, isClosed, onBadLine} = reading;
  const {signal} = query;
  const handle = await openPart(folder, from.part);
  let {offset} = from;
  try {
    while (!signal?.aborted) {
      // All asked for before looking, so that nothing is missed in between.
      const seen = version();
      const isLast = end !== undefined || isClosed() || (await nextPart(folder, from.part)) !== undefined;
      const lines = handle === undefined ? [] : await readLinesAfter(handle, offset);
      for (const line of lines) {
        if (end?.part === from.part && line.end > end.offset) return;
        offset = line.end;
        const record = parseRecord(line.text);
        if (record === undefined) onBadLine();
        else if (matches(record, query)) yield record;
        if (signal?.aborted) return;
      }
      if (lines.length > 0) continue;
      if (isLast) return;
      await untilWritten(seen, signal);
    }
  } finally {
    await handle?.close();
  }
}

const matches = (record: LogRecord, {since, after, release, level, instance, where}: LogQuery): boolean =>
  (since === undefined || record.time >= since) &&
  (after === undefined || record.id > after) &&
  (release == null || record.release === release) &&
  (level === undefined || isAtLeast(record.level, level)) &&
  (instance === undefined || String(record.instance) === instance) &&
  (where === undefined || where(record));

/** The oldest file that begins behind this one. */
const nextPart = async (folder: string, part: number): Promise<number | undefined> =>
  (await listParts(folder)).find(first => first > part);

async function openPart(folder: string, part: number): Promise<FileHandle | undefined> {
  try {
    return await open(partFile(folder, part), 'r');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Where the log ends now. */
async function findEnd(folder: string): Promise<Place> {
  for (const part of (await listParts(folder)).toReversed()) {
    const size = await withPart(folder, part, async handle => (await handle.stat()).size);
    if (size !== undefined) return {part, offset: size};
  }
  return {part: 0, offset: 0};
}

/** Where the last `count` of those that match before `end` begin; the beginning where there are not so many. */
async function findStart(folder: string, end: Place, {count, ...query}: LogQuery): Promise<Place> {
  if (count === undefined) return {part: await findPartOf(folder, query.after), offset: 0};
  let start = end;
  let missing = count;
  for (const part of (await listParts(folder)).toReversed()) {
    if (missing <= 0 || query.signal?.aborted) break;
    if (part > end.part) continue;
    const before = part === end.part ? end.offset : undefined;
    const found = await withPart(folder, part, handle => findMatching(handle, before, missing, query));
    if (found === undefined) continue;
    if (found.offset !== undefined) start = {part, offset: found.offset};
    missing -= found.count;
    // Times may go back a little where a clock was set, not by a whole file.
    if (found.isTooOld) break;
  }
  return start;
}

/** The file that has the record behind this one; the oldest if it is gone, or none is given. */
const findPartOf = async (folder: string, after: number | undefined): Promise<number> =>
  (after !== undefined && (await listParts(folder)).findLast(first => first <= after + 1)) || 0;

type Matching = {readonly count: number; readonly offset: number | undefined; readonly isTooOld: boolean};

/** The last of a file that match, up to `limit`, and where the first of them begins. */
async function findMatching(
  handle: FileHandle,
  before: number | undefined,
  limit: number,
  query: LogQuery,
): Promise<Matching> {
  const end = before ?? (await handle.stat()).size;
  let count = 0;
  let offset: number | undefined;
  let newest = Number.NEGATIVE_INFINITY;
  let isPassed = false;
  for await (const {text, start} of readLinesBefore(handle, end)) {
    const record = parseRecord(text);
    if (record === undefined) continue;
    newest = Math.max(newest, record.time);
    isPassed = query.after !== undefined && record.id <= query.after;
    if (isPassed) break;
    if (!matches(record, query)) continue;
    offset = start;
    count += 1;
    if (count === limit) break;
  }
  const isTooOld = query.since !== undefined && Number.isFinite(newest) && newest < query.since;
  return {count, offset, isTooOld: isTooOld || isPassed};
}

/** Undefined for a file that was deleted meanwhile. */
async function withPart<T>(
  folder: string,
  part: number,
  use: (handle: FileHandle) => Promise<T>,
): Promise<T | undefined> {
  const handle = await openPart(folder, part);
  try {
    return handle && (await use(handle));
  } finally {
    await handle?.close();
  }
}
