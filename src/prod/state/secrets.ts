import type {DatabaseSync} from 'node:sqlite';
import type {DeploymentName} from '../../control/server-methods.js';
import {transact} from './database.js';

/** The secrets of a deployment as they are kept: nobody reads them without the key, which is elsewhere. */
export type SealedSecrets = {
  /** By which clients know them. */
  readonly digest: string;
  readonly sealed: string;
  /** Milliseconds since the epoch. */
  readonly storedAt: number;
};

export type Secrets = {
  /** Those that its processes get; undefined: it has none. */
  current(name: DeploymentName): SealedSecrets | undefined;
  find(name: DeploymentName, digest: string): SealedSecrets | undefined;
  /** Keeps them beside those that are current. What nobody came to use goes. */
  add(name: DeploymentName, secrets: SealedSecrets): void;
  /** Makes them the current ones; null: it has none any more. Those before are deleted. */
  use(name: DeploymentName, digest: string | null): void;
  remove(name: DeploymentName): void;
};

/** A deploy that was to use them has ended by then. */
const UNUSED_MS = 24 * 60 * 60_000;

const OF = 'app = ? AND environment = ?';

export function createSecrets(database: DatabaseSync): Secrets {
  const selectCurrent = database.prepare(`SELECT * FROM secrets WHERE ${OF} AND is_current = 1`);
  const select = database.prepare(`SELECT * FROM secrets WHERE ${OF} AND digest = ?`);
  const insert = database.prepare(`
    INSERT INTO secrets (app, environment, digest, sealed, stored_at) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (app, environment, digest) DO UPDATE SET stored_at = excluded.stored_at
  `);
  const dropUnused = database.prepare(`DELETE FROM secrets WHERE ${OF} AND is_current = 0 AND stored_at < ?`);
  const dropCurrent = database.prepare(`DELETE FROM secrets WHERE ${OF} AND is_current = 1 AND digest IS NOT ?`);
  const setCurrent = database.prepare(`UPDATE secrets SET is_current = 1 WHERE ${OF} AND digest = ?`);
  const dropAll = database.prepare(`DELETE FROM secrets WHERE ${OF}`);
  return {
    current: ({app, environment}) => toSealed(selectCurrent.get(app, environment)),
    find: ({app, environment}, digest) => toSealed(select.get(app, environment, digest)),
    add: ({app, environment}, {digest, sealed, storedAt}) =>
      transact(database, () => {
        dropUnused.run(app, environment, storedAt - UNUSED_MS);
        insert.run(app, environment, digest, sealed, storedAt);
      }),
    use: ({app, environment}, digest) =>
      transact(database, () => {
        dropCurrent.run(app, environment, digest);
        if (digest !== null) setCurrent.run(app, environment, digest);
      }),
    remove: ({app, environment}) => transact(database, () => void dropAll.run(app, environment)),
  };
}

const toSealed = (row: Record<string, unknown> | undefined): SealedSecrets | undefined =>
  row && {digest: String(row.digest), sealed: String(row.sealed), storedAt: Number(row.stored_at)};
