// The log of an app on disk: JSON lines in a folder of its own, kept over restarts and releases, and no larger than said.
// One process at a time writes a log; a crash loses what it had not written, a tenth of a second's worth at most.

import type {Clock} from '../../system/clock.js';
import {type LogQuery, readLog} from './log-reader.js';
import type {LogEntry, LogRecord} from './log-record.js';
import {createLogWriter} from './log-writer.js';

export type LogFileOptions = {
  /** Made when the first record is written: 0700, its files 0600. */
  readonly folder: string;
  /** Of one file, in bytes. One record is never torn, so the last may go over it. */
  readonly maxBytes?: number;
  readonly maxFiles?: number;
  readonly clock: Clock;
  /** Told when another file is begun: older ones of other logs may have to go. */
  readonly onFile?: () => void;
  /** Told of what keeps records from being written; once until it works again. Nothing is thrown for it. */
  readonly onError?: (error: unknown) => void;
};

export const LOG_FILE_LIMITS = {maxBytes: 10 * 1024 * 1024, maxFiles: 5} as const;

export type LogCounts = {
  /** Records that were lost on their way to the disk; the log says so too, where they are missing. */
  readonly dropped: number;
  /** Lines that readers found to be no records. */
  readonly bad: number;
};

export type LogFile = {
  /** Takes a record and returns at once. What does not fit into memory while a disk is slow is dropped and counted. */
  append(entry: LogEntry): void;
  /**
   * The records that match, in order, each once: those that are there, and with `follow` those to come. As many may read at
   * once as like to, each as slowly as it likes.
   */
  read(query?: LogQuery): AsyncIterable<LogRecord>;
  /** Resolves when what was appended is on disk. */
  flush(): Promise<void>;
  readonly counts: LogCounts;
  /** Writes what is left; those who follow come to an end. What is appended later is dropped. */
  close(): Promise<void>;
};

/** Opens nothing until something is appended or read. */
export function createLogFile(options: LogFileOptions): LogFile {
  const {folder, clock, onError = () => undefined, onFile = () => undefined, ...limits} = options;
  const listeners = new Set<() => void>();
  let version = 0;
  let bad = 0;
  let isClosed = false;
  let closed: Promise<void> | undefined;

  function tellReaders(): void {
    version += 1;
    for (const listener of [...listeners]) listener();
  }

  const writer = createLogWriter({
    ...LOG_FILE_LIMITS,
    ...limits,
    folder,
    clock,
    onWritten: tellReaders,
    onFile,
    onError,
  });

  function untilWritten(known: number, signal: AbortSignal | undefined): Promise<void> {
    if (signal?.aborted || version !== known) return Promise.resolve();
    return new Promise(resolve => {
      const finish = (): void => {
        listeners.delete(finish);
        signal?.removeEventListener('abort', finish);
        resolve();
      };
      listeners.add(finish);
      signal?.addEventListener('abort', finish, {once: true});
    });
  }

  async function* read(query: LogQuery = {}): AsyncGenerator<LogRecord> {
    await writer.flush();
    yield* readLog({
      folder,
      query,
      version: () => version,
      untilWritten,
      isClosed: () => isClosed,
      onBadLine: () => {
        bad += 1;
      },
    });
  }

  async function close(): Promise<void> {
    await writer.close();
    isClosed = true;
    tellReaders();
  }

  return {
    append: writer.append,
    read,
    flush: writer.flush,
    get counts() {
      return {dropped: writer.dropped, bad};
    },
    close: () => (closed ??= close()),
  };
}
