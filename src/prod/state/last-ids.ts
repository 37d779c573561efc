import type {DatabaseSync} from 'node:sqlite';
import {transact} from './database.js';

/** Numbers that are never given twice, also not after a restart. */
export type LastIds = {
  /** The next `count` numbers of this name; the answer is the first of them, and the first ever is 1. */
  take(name: string, count?: number): number;
  /** The last one given; 0 if there was none. */
  last(name: string): number;
};

export function createLastIds(database: DatabaseSync): LastIds {
  const select = database.prepare('SELECT value FROM last_ids WHERE name = ?');
  const upsert = database.prepare(
    'INSERT INTO last_ids (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
  );
  const last = (name: string): number => Number(select.get(name)?.value ?? 0);
  return {
    last,
    take: (name, count = 1) =>
      transact(database, () => {
        const first = last(name) + 1;
        upsert.run(name, first + count - 1);
        return first;
      }),
  };
}
