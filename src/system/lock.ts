import {DatabaseSync} from 'node:sqlite';

export type Lock = {release(): void};

/** SQLite's primary result code for a lock held by another connection. */
const SQLITE_BUSY = 5;

/**
 * Takes an exclusive lock on a file, or answers undefined when another process holds it. The system lets go of it when
 * the process ends, however it ends, so there is no stale lock to clean up. (Node has no flock; a transaction of SQLite
 * takes the same kind of lock.)
 */
export function tryLock(file: string): Lock | undefined {
  const database = new DatabaseSync(file);
  try {
    database.exec('BEGIN EXCLUSIVE');
    return {release: () => database.close()};
  } catch (error) {
    database.close();
    if (((error as {errcode?: number}).errcode ?? 0) % 256 === SQLITE_BUSY) return undefined;
    throw error;
  }
}
