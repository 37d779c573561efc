// What the daemon remembers when it is gone: registered apps, and the processes it started. SQLite in WAL mode, so that
// a kill at any moment leaves the last complete state.

import {chmodSync, closeSync, existsSync, openSync, renameSync} from 'node:fs';
import {DatabaseSync} from 'node:sqlite';
import type {Registration} from '../control/protocol.js';
import type {InstanceRecords} from '../supervisor/instance-records.js';
import {createInstanceTable} from '../supervisor/instance-table.js';
import {TakoError} from '../system/error.js';
import {PRIVATE_FILE} from '../system/files.js';
import {parseRegistration} from './registration.js';

export type Registry = {
  /** Every registered app, oldest first. */
  apps(): readonly Registration[];
  /** Adds the app or replaces what is known of it. */
  save(registration: Registration): void;
  remove(name: string): void;
  readonly instances: InstanceRecords;
  close(): void;
};

const SCHEMA_VERSION = 1;
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS apps (name TEXT PRIMARY KEY, registration TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS instances (id TEXT PRIMARY KEY, app TEXT NOT NULL, pid INTEGER, start_time TEXT) STRICT;
  PRAGMA user_version = ${SCHEMA_VERSION};
`;

/** Opens or creates the database. One that cannot be read is put aside under another name, never deleted. */
export function openRegistry(file: string, log: (line: string) => void): Registry {
  return createRegistry(openDatabase(file, log), log);
}

function openDatabase(file: string, log: (line: string) => void): DatabaseSync {
  try {
    return openSchema(file);
  } catch (error) {
    if (!isDamage(error)) throw error;
    const keptAs = `${file}.damaged-${Date.now()}`;
    putAside(file, keptAs);
    log(`the registry was damaged; it is kept as ${keptAs}`);
    return openSchema(file);
  }
}

/** With its write-ahead log, which has what was registered last. */
function putAside(file: string, keptAs: string): void {
  for (const suffix of ['', '-wal', '-shm']) {
    if (existsSync(file + suffix)) renameSync(file + suffix, keptAs + suffix);
  }
}

function openSchema(file: string): DatabaseSync {
  // It holds the environments of apps. What SQLite makes beside it gets the same mode.
  closeSync(openSync(file, 'a', PRIVATE_FILE));
  chmodSync(file, PRIVATE_FILE);
  const database = new DatabaseSync(file);
  try {
    const version = Number(database.prepare('PRAGMA user_version').get()?.user_version ?? 0);
    if (version > SCHEMA_VERSION) throw tooNew(file);
    // What is deleted is overwritten: an environment is not to outlive its app.
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON;');
    // A damaged page would show only when it is read, long after the file could be put aside.
    const {quick_check: health} = database.prepare('PRAGMA quick_check(1)').get() ?? {};
    if (health !== 'ok') throw new DamagedError(String(health));
    database.exec(SCHEMA);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

class DamagedError extends Error {}

/** SQLITE_CORRUPT and SQLITE_NOTADB; anything else (rights, a full disk) does not get better by a new file. */
const DAMAGE_CODES = [11, 26];

/** SQLite's primary result code; 0 for what is no error of SQLite. */
const resultCodeOf = (error: unknown): number => ((error as {errcode?: number}).errcode ?? 0) % 256;

const isDamage = (error: unknown): boolean =>
  error instanceof DamagedError || DAMAGE_CODES.includes(resultCodeOf(error));

const tooNew = (file: string): TakoError =>
  new TakoError('REGISTRY_TOO_NEW', `${file} was written by a newer version of tako`, {
    hint: 'upgrade tako, or move that file away to start without its apps',
  });

function createRegistry(database: DatabaseSync, log: (line: string) => void): Registry {
  const select = database.prepare('SELECT registration FROM apps ORDER BY rowid');
  const upsert = database.prepare(
    'INSERT INTO apps (name, registration) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET registration = excluded.registration',
  );
  const remove = database.prepare('DELETE FROM apps WHERE name = ?');
  return {
    apps: () => select.all().flatMap(row => readRow(row, log)),
    save: registration => orDiskFull(() => upsert.run(registration.name, JSON.stringify(registration))),
    remove(name) {
      orDiskFull(() => remove.run(name));
      // The write-ahead log still has it until then.
      database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    },
    instances: createInstanceTable(database),
    close: () => database.close(),
  };
}

const SQLITE_FULL = 13;

function orDiskFull(write: () => unknown): void {
  try {
    write();
  } catch (error) {
    if (resultCodeOf(error) !== SQLITE_FULL) throw error;
    throw new TakoError('FILE_NOT_WRITABLE', 'the registry of apps cannot be written: the disk is full', {
      hint: 'make room, then run the command again',
      cause: error,
    });
  }
}

/** A row that cannot be read costs its app, not all of them. It stays, for a version that can. */
function readRow(row: Record<string, unknown>, log: (line: string) => void): Registration[] {
  try {
    return [parseRegistration(JSON.parse(String(row.registration)))];
  } catch (error) {
    log(`a registered app could not be read: ${error instanceof Error ? error.message : error}`);
    return [];
  }
}
