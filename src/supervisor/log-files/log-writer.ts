// Writes a log: records are gathered and written in batches, so that an app that says much costs few system calls, and
// nobody who has something to say ever waits for a disk.

import {type FileHandle, open, rm} from 'node:fs/promises';
import type {Clock} from '../../system/clock.js';
import {ensureFolder, PRIVATE_FILE} from '../../system/files.js';
import {openLastPart, type Part} from './last-part.js';
import {listParts, partFile} from './log-parts.js';
import {type LogEntry, type LogRecord, renderRecord} from './log-record.js';

export type LogWriterOptions = {
  readonly folder: string;
  readonly maxBytes: number;
  readonly maxFiles: number;
  readonly clock: Clock;
  /** Told when records were written. */
  readonly onWritten: () => void;
  /** Told when another file is begun. */
  readonly onFile: () => void;
  /** Told once of each row of failures: a disk that is full, a folder that is gone. */
  readonly onError: (error: unknown) => void;
};

export type LogWriter = {
  /** Never waits. */
  append(entry: LogEntry): void;
  /** Resolves when all that was appended is written, or lost. */
  flush(): Promise<void>;
  /** Records that were lost: they came faster than they could be written, or could not be at all. */
  readonly dropped: number;
  /** Writes what is left and closes the file. */
  close(): Promise<void>;
};

/** How long a record may wait for others to be written with. */
const BATCH_MS = 100;
/** Records are written before that when they have so many characters. */
const BATCH_LENGTH = 64 * 1024;
/** What may wait for the disk, in characters: as much as is kept of an app's lines in memory (LOG_LIMITS). */
export const MAX_WAITING_LENGTH = 4 * 1024 * 1024;
/** What a record is on disk beside its text, roughly. */
const RECORD_LENGTH = 120;

type Waiting = LogEntry & {readonly time: number};

export function createLogWriter(options: LogWriterOptions): LogWriter {
  const {folder, maxBytes, maxFiles, clock, onWritten, onFile, onError} = options;
  let waiting: Waiting[] = [];
  let waitingLength = 0;
  /** What comes is lost until those that wait are being written, so that the log can say where it was. */
  let isFull = false;
  let dropped = 0;
  /** Lost since the log last said so, and the id of the last of them. */
  let unsaid = 0;
  let lostId: number | undefined;
  let lastId = 0;
  let part: Part | undefined;
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> | undefined;
  let isClosed = false;
  let hasFailed = false;

  function append(entry: LogEntry): void {
    const length = entry.text.length + RECORD_LENGTH;
    isFull ||= isClosed || waitingLength + length > MAX_WAITING_LENGTH;
    if (isFull) {
      countLost(1, entry.id);
      return;
    }
    waiting.push(hasTime(entry) ? entry : {...entry, time: clock.now()});
    waitingLength += length;
    if (waitingLength >= BATCH_LENGTH && writing === undefined) void flush();
    else timer ??= setTimeout(() => void flush(), BATCH_MS);
  }

  function countLost(count: number, id: number | undefined): void {
    dropped += count;
    unsaid += count;
    lostId = id ?? lostId;
  }

  /** One batch at a time; what comes meanwhile is in the next. */
  async function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    while (writing !== undefined) await writing;
    if (waiting.length === 0) return;
    writing = writeWaiting().finally(() => {
      writing = undefined;
      if (waitingLength >= BATCH_LENGTH) void flush();
    });
    await writing;
  }

  async function writeWaiting(): Promise<void> {
    const entries = waiting;
    waiting = [];
    waitingLength = 0;
    isFull = isClosed;
    // What is lost from here on is behind what waits by then.
    const lostAt = lostId;
    let lost = unsaid;
    let written = 0;
    let ownWords = 0;
    try {
      if (part === undefined) lost -= await openLast();
      if (lost > 0) {
        placeAmong(entries, sayLost(lost, clock.now(), lostAt));
        ownWords = 1;
      }
      while (written < entries.length) written += await writeSome(entries, written);
      unsaid -= lost;
      hasFailed = false;
    } catch (error) {
      countLost(entries.length - written - ownWords, entries.at(-1)?.id);
      await closePart();
      if (!hasFailed) onError(error);
      hasFailed = true;
    }
    if (written > 0) onWritten();
  }

  /** Writes as many as the file takes, one at least; returns how many. */
  async function writeSome(entries: readonly Waiting[], from: number): Promise<number> {
    let id = idOf(entries[from] as Waiting, lastId);
    const lines: Buffer[] = [lineOf(entries[from] as Waiting, id)];
    let length = lines[0]?.length ?? 0;
    const {handle, size} = await partWithRoom(length, id);
    for (const entry of entries.slice(from + 1)) {
      const line = lineOf(entry, idOf(entry, id));
      if (size + length + line.length > maxBytes || length > BATCH_LENGTH) break;
      lines.push(line);
      length += line.length;
      id = idOf(entry, id);
    }
    await writeAll(handle, Buffer.concat(lines));
    part = {handle, size: size + length};
    lastId = id;
    return lines.length;
  }

  /** Goes on with the newest file, if there is one. Returns how many a failed batch has left there, which were not lost. */
  async function openLast(): Promise<number> {
    await ensureFolder(folder);
    const last = await openLastPart(folder);
    const saved = hasFailed ? Math.max(0, Math.min(unsaid, last.lastId - lastId)) : 0;
    dropped -= saved;
    unsaid -= saved;
    lastId = Math.max(lastId, last.lastId);
    part = last.part;
    return saved;
  }

  async function partWithRoom(length: number, firstId: number): Promise<Part> {
    if (part !== undefined && (part.size === 0 || part.size + length <= maxBytes)) return part;
    await closePart();
    part = {handle: await open(partFile(folder, firstId), 'a', PRIVATE_FILE), size: 0};
    await prune().catch(onError);
    onFile();
    return part;
  }

  async function prune(): Promise<void> {
    const parts = await listParts(folder);
    for (const first of parts.slice(0, Math.max(0, parts.length - maxFiles))) {
      await rm(partFile(folder, first), {force: true});
    }
  }

  async function closePart(): Promise<void> {
    const closing = part;
    part = undefined;
    await closing?.handle.close().catch(() => undefined);
  }

  let closed: Promise<void> | undefined;
  async function close(): Promise<void> {
    isClosed = true;
    await flush();
    await closePart();
  }

  return {
    append,
    flush,
    get dropped() {
      return dropped;
    },
    close: () => (closed ??= close()),
  };
}

const hasTime = (entry: LogEntry): entry is Waiting => entry.time !== undefined;

const sayLost = (count: number, time: number, id: number | undefined): Waiting => ({
  ...(id === undefined ? {} : {id}),
  ...{stream: 'tako', level: 'warning', time, text: describeLost(count)},
});

/** Where its id belongs; one that has none comes last. */
function placeAmong(entries: Waiting[], entry: Waiting): void {
  const {id} = entry;
  const at = id === undefined ? -1 : entries.findIndex(other => other.id !== undefined && other.id > id);
  entries.splice(at < 0 ? entries.length : at, 0, entry);
}

const idOf = (entry: Waiting, before: number): number => entry.id ?? before + 1;

const describeLost = (count: number): string =>
  count === 1
    ? 'a line is missing here: it could not be written'
    : `${count} lines are missing here: they could not be written`;

const lineOf = (entry: Waiting, id: number): Buffer => Buffer.from(renderRecord({...entry, id} as LogRecord));

async function writeAll(handle: FileHandle, bytes: Buffer): Promise<void> {
  for (let offset = 0; offset < bytes.length; ) {
    offset += (await handle.write(bytes, offset)).bytesWritten;
  }
}
