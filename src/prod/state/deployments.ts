import type {DatabaseSync} from 'node:sqlite';
import type {DeploymentName} from '../../control/server-methods.js';
import {TakoError} from '../../system/error.js';
import {transact} from './database.js';
import type {LastIds} from './last-ids.js';
import {deploymentOf, numberOrNull, type Row} from './row.js';

export type Deployment = DeploymentName & {
  /** Instances kept running. 0: one while it is used. */
  readonly scale: number;
  /** By a person, until `start`. */
  readonly isStopped: boolean;
  /** The user that its processes run as; null where there is none for it. */
  readonly uid: number | null;
  /** The id of the release that serves; null before the first one does. */
  readonly currentRelease: string | null;
};

/** Both ends are used. */
export type UidRange = {readonly first: number; readonly last: number};

export type Deployments = {
  list(): readonly Deployment[];
  find(name: DeploymentName): Deployment | undefined;
  /** The deployment, made with `scale` when it is new; one that is there keeps its own. */
  ensure(name: DeploymentName, scale: number): Deployment;
  /** As `ensureUid`, throws NO_SUCH_DEPLOYMENT. */
  configure(name: DeploymentName, settings: Pick<Deployment, 'scale' | 'isStopped'>): void;
  /**
   * A uid of its own, kept for as long as there is the deployment. One that belonged to another before is given only when
   * all others are used: files may be left that have it. Throws UIDS_EXHAUSTED.
   */
  ensureUid(name: DeploymentName, range: UidRange): number;
  /** With its releases, routes and jobs. */
  remove(name: DeploymentName): void;
};

const SELECT = `
  SELECT d.*, r.id AS current FROM deployments d
  LEFT JOIN releases r ON r.app = d.app AND r.environment = d.environment AND r.state = 'current'
`;

export function createDeployments(database: DatabaseSync, lastIds: LastIds): Deployments {
  const selectAll = database.prepare(`${SELECT} ORDER BY d.app, d.environment`);
  const select = database.prepare(`${SELECT} WHERE d.app = ? AND d.environment = ?`);
  const insert = database.prepare('INSERT OR IGNORE INTO deployments (app, environment, scale) VALUES (?, ?, ?)');
  const remove = database.prepare('DELETE FROM deployments WHERE app = ? AND environment = ?');
  const update = (columns: 'scale = ?, is_stopped = ?' | 'uid = ?') => {
    const statement = database.prepare(`UPDATE deployments SET ${columns} WHERE app = ? AND environment = ?`);
    return (name: DeploymentName, ...values: readonly number[]): void => {
      if (statement.run(...values, name.app, name.environment).changes === 0) throw noSuchDeployment(name);
    };
  };
  const [setSettings, setUid] = [update('scale = ?, is_stopped = ?'), update('uid = ?')];
  const list = (): readonly Deployment[] => selectAll.all().map(toDeployment);
  const get = (name: DeploymentName): Deployment => {
    const row = select.get(name.app, name.environment);
    if (!row) throw noSuchDeployment(name);
    return toDeployment(row);
  };

  return {
    list,
    find: ({app, environment}) => {
      const row = select.get(app, environment);
      return row && toDeployment(row);
    },
    ensure: (name, scale) =>
      transact(database, () => {
        insert.run(name.app, name.environment, scale);
        return get(name);
      }),
    configure: (name, {scale, isStopped}) => transact(database, () => setSettings(name, scale, Number(isStopped))),
    ensureUid: (name, range) =>
      transact(database, () => {
        const {uid: known} = get(name);
        if (known !== null) return known;
        const uid = chooseUid(range, lastIds.last(UID), new Set(list().map(deployment => deployment.uid)));
        if (uid > lastIds.last(UID)) lastIds.take(UID, uid - lastIds.last(UID));
        setUid(name, uid);
        return uid;
      }),
    remove: ({app, environment}) => transact(database, () => void remove.run(app, environment)),
  };
}

const UID = 'uid';

/** The one after the last ever given; when the range is at its end, the first that is free. */
function chooseUid({first, last}: UidRange, lastGiven: number, used: ReadonlySet<number | null>): number {
  const next = Math.max(first, lastGiven + 1);
  if (next <= last) return next;
  for (let uid = first; uid <= last; uid++) if (!used.has(uid)) return uid;
  throw new TakoError('UIDS_EXHAUSTED', `all ${last - first + 1} users for apps are taken on this server`, {
    hint: 'delete an app that is not needed with "tako delete"',
  });
}

export const noSuchDeployment = ({app, environment}: DeploymentName): TakoError =>
  new TakoError('NO_SUCH_DEPLOYMENT', `${app}/${environment} is not on this server`, {
    hint: '"tako status" lists what is',
  });

const toDeployment = (row: Row): Deployment => ({
  ...deploymentOf(row),
  scale: Number(row.scale),
  isStopped: row.is_stopped === 1,
  uid: numberOrNull(row.uid),
  currentRelease: row.current === null ? null : String(row.current),
});
