import {chmodSync, closeSync, openSync} from 'node:fs';
import {DatabaseSync} from 'node:sqlite';
import {TakoError} from '../../system/error.js';
import {PRIVATE_FILE} from '../../system/files.js';
import {MIGRATIONS} from './migrations.js';

/** How long a write waits for that of another server process, which there is while one takes over from the other. */
const BUSY_TIMEOUT_MS = 5_000;

/**
 * Opens or makes the database, in the newest form. What is committed survives the loss of power. Throws STATE_TOO_NEW for
 * one of a newer tako and STATE_DAMAGED for one that cannot be read: it is never made anew by itself, as that would take
 * every app off the server.
 */
export function openDatabase(file: string, migrations: readonly string[] = MIGRATIONS): DatabaseSync {
  // What SQLite makes beside it gets the same mode.
  closeSync(openSync(file, 'a', PRIVATE_FILE));
  chmodSync(file, PRIVATE_FILE);
  const database = new DatabaseSync(file, {timeout: BUSY_TIMEOUT_MS, enableForeignKeyConstraints: true});
  try {
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
    migrate(database, file, migrations);
    return database;
  } catch (error) {
    database.close();
    throw isDamage(error) ? damaged(file, error) : error;
  }
}

function migrate(database: DatabaseSync, file: string, migrations: readonly string[]): void {
  transact(database, () => {
    const version = Number(database.prepare('PRAGMA user_version').get()?.user_version ?? 0);
    if (version > migrations.length) throw tooNew(file, version, migrations.length);
    for (const migration of migrations.slice(version)) database.exec(migration);
    if (version < migrations.length) database.exec(`PRAGMA user_version = ${migrations.length}`);
  });
}

/** All of the work is there afterwards, or nothing of it. Work inside other work belongs to that. */
export function transact<T>(database: DatabaseSync, work: () => T): T {
  if (database.isTransaction) return work();
  return orDiskFull(() => {
    // Takes the write lock at once: what is read inside cannot change before it is written.
    database.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      database.exec('COMMIT');
      return result;
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK');
      throw error;
    }
  });
}

/** SQLite's primary result code; 0 for what is no error of SQLite. */
const resultCodeOf = (error: unknown): number => ((error as {errcode?: number}).errcode ?? 0) % 256;

const SQLITE_FULL = 13;
/** SQLITE_CORRUPT and SQLITE_NOTADB. */
const DAMAGE_CODES = [11, 26];

const isDamage = (error: unknown): boolean => DAMAGE_CODES.includes(resultCodeOf(error));

function orDiskFull<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (resultCodeOf(error) !== SQLITE_FULL) throw error;
    throw new TakoError('DISK_FULL', 'the state of the server cannot be written: the disk is full', {
      hint: 'make room on the server, then run the command again',
      cause: error,
    });
  }
}

const tooNew = (file: string, found: number, known: number): TakoError =>
  new TakoError('STATE_TOO_NEW', `${file} was written by a newer tako (version ${found}, this one knows ${known})`, {
    hint: 'upgrade tako on the server with "tako servers upgrade"',
  });

const damaged = (file: string, cause: unknown): TakoError =>
  new TakoError('STATE_DAMAGED', `${file} is damaged and cannot be read`, {
    hint: 'put a backup of it in its place, or move it away and deploy every app again',
    cause,
  });
