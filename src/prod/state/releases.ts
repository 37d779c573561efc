import type {DatabaseSync} from 'node:sqlite';
import type {Commit, DeploymentName, ReleaseState, ReleaseSummary} from '../../control/server-methods.js';
import {TakoError} from '../../system/error.js';
import {transact} from './database.js';
import {deploymentOf, fromJson, type Row} from './row.js';

export type ReleaseRecord = ReleaseSummary & {readonly deployment: DeploymentName; readonly manifestHash: string};

/** What is known when a deploy begins. */
export type NewRelease = {
  readonly id: string;
  readonly manifestHash: string;
  /** Milliseconds since the epoch. */
  readonly deployedAt: number;
  readonly by: string;
  readonly commit: Commit | null;
};

export type Releases = {
  /** Last deployed first. */
  list(deployment: DeploymentName): readonly ReleaseRecord[];
  find(deployment: DeploymentName, id: string): ReleaseRecord | undefined;
  current(deployment: DeploymentName): ReleaseRecord | undefined;
  /**
   * Where a rollback without a name leads: of those that have served, the one deployed last before the current one. So two
   * rollbacks go back by two, and never to the one that was just left.
   */
  previous(deployment: DeploymentName): ReleaseRecord | undefined;
  /**
   * The release as `prepared`, in the place of the last one deployed. Known already, it gets the new time and place; the
   * current one stays current. Throws NO_SUCH_DEPLOYMENT.
   */
  add(deployment: DeploymentName, release: NewRelease): ReleaseRecord;
  /** It did not become current. One that has served, or does, stays what it is. */
  fail(deployment: DeploymentName, id: string): void;
  /** The current one is not removed. */
  remove(deployment: DeploymentName, ids: Iterable<string>): void;
  /** Hashes of the manifests of all releases of the server. */
  manifests(): readonly string[];
};

const WHERE = 'WHERE app = ? AND environment = ?';
const PREVIOUS = `
  SELECT p.* FROM releases p JOIN releases c ON c.app = p.app AND c.environment = p.environment
  WHERE p.app = ? AND p.environment = ? AND c.state = 'current' AND p.state = 'superseded' AND p.place < c.place
  ORDER BY p.place DESC LIMIT 1
`;
/** A superseded release that is deployed again stays superseded until it is current: it has served. */
const UPSERT = `
  INSERT INTO releases (app, environment, id, manifest_hash, state, deployed_at, deployed_by, commit_json, place)
  SELECT app, environment, ?, ?, 'prepared', ?, ?, ?,
    1 + coalesce((SELECT max(place) FROM releases r WHERE r.app = d.app AND r.environment = d.environment), 0)
  FROM deployments d ${WHERE}
  ON CONFLICT (app, environment, id) DO UPDATE SET
    deployed_at = excluded.deployed_at, deployed_by = excluded.deployed_by, place = excluded.place,
    state = CASE state WHEN 'failed' THEN 'prepared' ELSE state END
`;

export function createReleases(database: DatabaseSync): Releases {
  const selectAll = database.prepare(`SELECT * FROM releases ${WHERE} ORDER BY place DESC`);
  const select = database.prepare(`SELECT * FROM releases ${WHERE} AND id = ?`);
  const selectCurrent = database.prepare(`SELECT * FROM releases ${WHERE} AND state = 'current'`);
  const selectPrevious = database.prepare(PREVIOUS);
  const upsert = database.prepare(UPSERT);
  const fail = database.prepare(`UPDATE releases SET state = 'failed' ${WHERE} AND id = ? AND state = 'prepared'`);
  const remove = database.prepare(`DELETE FROM releases ${WHERE} AND id = ? AND state <> 'current'`);
  const selectManifests = database.prepare('SELECT DISTINCT manifest_hash FROM releases ORDER BY manifest_hash');
  const find = ({app, environment}: DeploymentName, id: string): ReleaseRecord | undefined =>
    toReleaseOrNone(select.get(app, environment, id));

  return {
    find,
    list: ({app, environment}) => selectAll.all(app, environment).map(toRelease),
    current: ({app, environment}) => toReleaseOrNone(selectCurrent.get(app, environment)),
    previous: ({app, environment}) => toReleaseOrNone(selectPrevious.get(app, environment)),
    add: (deployment, {id, manifestHash, deployedAt, by, commit}) =>
      transact(database, () => {
        const {app, environment} = deployment;
        upsert.run(id, manifestHash, deployedAt, by, commit && JSON.stringify(commit), app, environment);
        const added = find(deployment, id);
        if (!added) throw noSuchRelease(deployment, id);
        return added;
      }),
    fail: ({app, environment}, id) => transact(database, () => void fail.run(app, environment, id)),
    remove: ({app, environment}, ids) =>
      transact(database, () => {
        for (const id of ids) remove.run(app, environment, id);
      }),
    manifests: () => selectManifests.all().map(row => String(row.manifest_hash)),
  };
}

export const noSuchRelease = ({app, environment}: DeploymentName, id: string): TakoError =>
  new TakoError('NO_SUCH_RELEASE', `${app}/${environment} has no release ${id} on this server`, {
    hint: '"tako releases" lists those there are',
  });

const toReleaseOrNone = (row: Row | undefined): ReleaseRecord | undefined => row && toRelease(row);

const toRelease = (row: Row): ReleaseRecord => ({
  deployment: deploymentOf(row),
  id: String(row.id),
  manifestHash: String(row.manifest_hash),
  state: String(row.state) as ReleaseState,
  deployedAt: Number(row.deployed_at),
  by: String(row.deployed_by),
  commit: fromJson<Commit>(row.commit_json),
});
