import type {DatabaseSync} from 'node:sqlite';
import type {DeploymentName} from '../../control/server-methods.js';
import type {RoutePattern} from '../../proxy/route-syntax.js';
import {openDatabase, transact} from './database.js';
import {createDeployments, type Deployments} from './deployments.js';
import {createJobs, type Jobs} from './jobs.js';
import {createLastIds, type LastIds} from './last-ids.js';
import {createReleases, noSuchRelease, type Releases} from './releases.js';
import {createRoutes, type Routes} from './routes.js';
import {createSecrets, type Secrets} from './secrets.js';

/** All that a server must not forget. What a method has returned from survives a kill and the loss of power. */
export type State = {
  readonly deployments: Deployments;
  readonly releases: Releases;
  readonly routes: Routes;
  readonly secrets: Secrets;
  readonly jobs: Jobs;
  readonly lastIds: LastIds;
  /**
   * Makes a release the current one and its routes the deployment's: both or, whatever happens, neither. Throws
   * NO_SUCH_RELEASE, ROUTE_CONFLICT. The answer is the id of the release that was current.
   */
  switchTo(deployment: DeploymentName, release: string, routes: readonly RoutePattern[]): string | null;
  /** Several changes as one: all of them, or none when `work` throws. It must not wait for anything. */
  together<T>(work: () => T): T;
  close(): void;
};

/** Throws STATE_TOO_NEW, STATE_DAMAGED. The folder of the file has to be there, and private. */
export function openState(file: string): State {
  const database = openDatabase(file);
  const lastIds = createLastIds(database);
  const releases = createReleases(database);
  const routes = createRoutes(database);
  return {
    deployments: createDeployments(database, lastIds),
    releases,
    routes,
    secrets: createSecrets(database),
    jobs: createJobs(database, lastIds),
    lastIds,
    switchTo: createSwitch(database, releases, routes),
    together: work => transact(database, work),
    close: () => {
      if (database.isOpen) database.close();
    },
  };
}

function createSwitch(database: DatabaseSync, releases: Releases, routes: Routes): State['switchTo'] {
  const setState = database.prepare('UPDATE releases SET state = ? WHERE app = ? AND environment = ? AND id = ?');
  return (deployment, release, patterns) =>
    transact(database, () => {
      if (!releases.find(deployment, release)) throw noSuchRelease(deployment, release);
      const {app, environment} = deployment;
      const before = releases.current(deployment)?.id ?? null;
      // In this order: there is never more than one.
      if (before !== null) setState.run('superseded', app, environment, before);
      setState.run('current', app, environment, release);
      routes.replace(deployment, patterns);
      return before;
    });
}
