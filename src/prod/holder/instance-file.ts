import {DatabaseSync} from 'node:sqlite';
import type {InstanceRecords} from '../../supervisor/instance-records.js';
import {createInstanceTable} from '../../supervisor/instance-table.js';

/** Records of what runs, in a file that outlives us. Whoever holds the lock of the root folder is its only writer. */
export function openInstanceFile(file: string): InstanceRecords & {close(): void} {
  const database = new DatabaseSync(file);
  // What has been written survives our death; that of the system ends the processes too.
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
  database.exec('CREATE TABLE IF NOT EXISTS instances (id TEXT PRIMARY KEY, app TEXT, pid INTEGER, start_time TEXT)');
  return {...createInstanceTable(database), close: () => database.close()};
}
