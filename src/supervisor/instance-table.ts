import type {DatabaseSync} from 'node:sqlite';
import type {InstanceRecord, InstanceRecords} from './instance-records.js';

/** Records of what runs, in the table `instances` (id, app, pid, start_time) of a database that outlives us. */
export function createInstanceTable(database: DatabaseSync): InstanceRecords {
  const insert = database.prepare('INSERT OR REPLACE INTO instances (id, app) VALUES (?, ?)');
  const update = database.prepare('UPDATE instances SET pid = ?, start_time = ? WHERE id = ?');
  const remove = database.prepare('DELETE FROM instances WHERE id = ?');
  const select = database.prepare('SELECT id, app, pid, start_time FROM instances');
  return {
    add: ({id, app}) => void insert.run(id, app),
    setPid: (id, pid, startTime) => void update.run(pid, startTime ?? null, id),
    remove: id => void remove.run(id),
    all: () => select.all().map(toRecord),
  };
}

const toRecord = (row: Record<string, unknown>): InstanceRecord => ({
  id: String(row.id),
  app: String(row.app),
  pid: row.pid === null ? undefined : Number(row.pid),
  startTime: row.start_time === null ? undefined : String(row.start_time),
});
