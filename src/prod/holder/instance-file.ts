import {DatabaseSync} from 'node:sqlite';
import type {InstanceRecord, InstanceRecords} from '../../supervisor/instance-records.js';

/** Records of what runs, in a file that outlives us. Whoever holds the lock of the root folder is its only writer. */
export function openInstanceFile(file: string): InstanceRecords & {close(): void} {
  const database = new DatabaseSync(file);
  // What has been written survives our death; that of the system ends the processes too.
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
  database.exec('CREATE TABLE IF NOT EXISTS instances (id TEXT PRIMARY KEY, app TEXT, pid INTEGER, start_time TEXT)');
  const insert = database.prepare('INSERT OR REPLACE INTO instances (id, app) VALUES (?, ?)');
  const update = database.prepare('UPDATE instances SET pid = ?, start_time = ? WHERE id = ?');
  const remove = database.prepare('DELETE FROM instances WHERE id = ?');
  const select = database.prepare('SELECT id, app, pid, start_time FROM instances');
  return {
    add: ({id, app}) => void insert.run(id, app),
    setPid: (id, pid, startTime) => void update.run(pid, startTime ?? null, id),
    remove: id => void remove.run(id),
    all: () => select.all().map(toRecord),
    close: () => database.close(),
  };
}

const toRecord = (row: Record<string, unknown>): InstanceRecord => ({
  id: String(row.id),
  app: String(row.app),
  pid: row.pid === null ? undefined : Number(row.pid),
  startTime: row.start_time === null ? undefined : String(row.start_time),
});
