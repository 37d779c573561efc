// The logs of the apps: the newest lines of each in memory, for terminals and error pages, and all that there is room for on
// disk. A line has the same id in both, and no other line ever has it, over restarts of the app and of this daemon.

import {createLogBuffer, LOG_LIMITS, type LogBuffer} from '../supervisor/log-buffer.js';
import {findLastGivenId} from '../supervisor/log-files/last-part.js';
import {createLogFile, type LogFile} from '../supervisor/log-files/log-file.js';
import {listParts} from '../supervisor/log-files/log-parts.js';
import type {LogQuery} from '../supervisor/log-files/log-reader.js';
import type {LogRecord} from '../supervisor/log-files/log-record.js';
import type {Clock} from '../system/clock.js';
import {
  decideRemoval,
  findLoggedApps,
  findLogParts,
  LOG_SPACE,
  type LogSpace,
  logFolderOf,
  removeParts,
} from './log-folders.js';

export type AppLogs = {
  /** An empty log in memory for an app that is there from now on. What is appended to it goes to disk too. */
  open(app: string): LogBuffer;
  /** What is on disk, and all that was said until now is. Nothing of an app that never said anything. */
  read(app: string, query?: LogQuery): AsyncIterable<LogRecord>;
  /** Whether there is anything on disk. */
  has(app: string): Promise<boolean>;
  /** Resolves when what was said until now is on disk. */
  flush(app: string): Promise<void>;
  /** Writes what is left. */
  close(): Promise<void>;
};

export type AppLogsOptions = {
  readonly folder: string;
  readonly clock: Clock;
  /** The names of the apps that are registered: the files of others go first. */
  readonly registered: () => ReadonlySet<string>;
  readonly onError: (error: unknown) => void;
  readonly space?: LogSpace;
  readonly fileLimits?: {readonly maxBytes: number; readonly maxFiles: number};
};

/** Of one app: 20 MiB, which are about 100,000 lines. */
const FILE_LIMITS = {maxBytes: 4 * 1024 * 1024, maxFiles: 5} as const;

/**
 * Ids that a daemon which was killed may have given to lines that had not reached the disk: more than fit into what may wait
 * for it (MAX_WAITING_LENGTH of log-writer.ts, twice, as a batch may be under way).
 */
const UNWRITTEN_IDS = 100_000;

/** Finds out where each log goes on. */
export async function openAppLogs(options: AppLogsOptions): Promise<AppLogs> {
  const {folder, clock, registered, onError, space = LOG_SPACE, fileLimits = FILE_LIMITS} = options;
  const lastIds = await findLastIds(folder, registered(), onError);
  const files = new Map<string, LogFile>();
  let trimming: Promise<void> | undefined;

  function fileOf(app: string): LogFile {
    const file =
      files.get(app) ??
      createLogFile({folder: logFolderOf(folder, app), ...fileLimits, clock, onError, onFile: () => void trim()});
    files.set(app, file);
    return file;
  }

  /** One at a time: files that are begun meanwhile count in the next one. */
  function trim(): Promise<void> {
    trimming ??= removeOld()
      .catch(onError)
      .finally(() => {
        trimming = undefined;
      });
    return trimming;
  }

  async function removeOld(): Promise<void> {
    const removed = decideRemoval(await findLogParts(folder), registered(), space, clock.now());
    await Promise.all(removed.filter(({isNewest}) => isNewest).map(({app}) => closeFile(app)));
    await removeParts(folder, removed);
  }

  async function closeFile(app: string): Promise<void> {
    const file = files.get(app);
    files.delete(app);
    await file?.close();
  }

  void trim();
  return {
    open(app) {
      const buffer = createLogBuffer(clock, LOG_LIMITS, (lastIds.get(app) ?? 0) + 1);
      buffer.subscribe(line => {
        lastIds.set(app, line.id);
        fileOf(app).append(line);
      });
      return buffer;
    },
    read: (app, query) => fileOf(app).read(query),
    has: async app => (await listParts(logFolderOf(folder, app))).length > 0,
    flush: async app => files.get(app)?.flush(),
    async close() {
      await Promise.all([...files.keys()].map(closeFile));
      await trim();
    },
  };
}

async function findLastIds(
  folder: string,
  registered: ReadonlySet<string>,
  onError: (error: unknown) => void,
): Promise<Map<string, number>> {
  // Also of an app that has nothing on disk: the daemon that knew it may have been killed before it wrote.
  const apps = new Set([...registered, ...(await findLoggedApps(folder))]);
  const found = [...apps].map(async (app): Promise<[string, number]> => {
    const lastId = await findLastGivenId(logFolderOf(folder, app)).catch(error => {
      onError(error);
      return 0;
    });
    return [app, lastId + UNWRITTEN_IDS];
  });
  return new Map(await Promise.all(found));
}
