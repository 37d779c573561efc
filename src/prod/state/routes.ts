import type {DatabaseSync} from 'node:sqlite';
import type {DeploymentName} from '../../control/server-methods.js';
import {type RoutePattern, renderRoute} from '../../proxy/route-syntax.js';
import {TakoError} from '../../system/error.js';
import {transact} from './database.js';
import {deploymentOf, type Row} from './row.js';

/** A pattern and who it leads to. */
export type DeploymentRoute = RoutePattern & {readonly deployment: DeploymentName};

export type Routes = {
  /** All that the server serves, by host and path. */
  all(): readonly DeploymentRoute[];
  of(deployment: DeploymentName): readonly RoutePattern[];
  /**
   * Those that another deployment has: the very same host and path. A more specific one beside a less specific one is none,
   * as the route table prefers the first.
   */
  conflicts(deployment: DeploymentName, routes: readonly RoutePattern[]): readonly DeploymentRoute[];
  /** These and no others. Throws ROUTE_CONFLICT, and then nothing has changed. */
  replace(deployment: DeploymentName, routes: readonly RoutePattern[]): void;
};

export function createRoutes(database: DatabaseSync): Routes {
  const selectAll = database.prepare('SELECT * FROM routes ORDER BY host, path');
  const selectOf = database.prepare('SELECT * FROM routes WHERE app = ? AND environment = ? ORDER BY host, path');
  const select = database.prepare('SELECT * FROM routes WHERE host = ? AND path = ? AND (app, environment) <> (?, ?)');
  const clear = database.prepare('DELETE FROM routes WHERE app = ? AND environment = ?');
  const insert = database.prepare('INSERT OR IGNORE INTO routes (host, path, app, environment) VALUES (?, ?, ?, ?)');

  const conflicts: Routes['conflicts'] = ({app, environment}, routes) =>
    routes.flatMap(({host, path}) => select.all(host, path, app, environment).map(toRoute));

  return {
    conflicts,
    all: () => selectAll.all().map(toRoute),
    of: ({app, environment}) => selectOf.all(app, environment).map(toPattern),
    replace: (deployment, routes) =>
      transact(database, () => {
        const taken = conflicts(deployment, routes);
        if (taken.length > 0) throw routeConflict(taken);
        const {app, environment} = deployment;
        clear.run(app, environment);
        for (const {host, path} of routes) insert.run(host, path, app, environment);
      }),
  };
}

/** Names who has the first of them; all of them are in the details where there are more. */
export function routeConflict(taken: readonly DeploymentRoute[]): TakoError {
  const [first = '', ...others] = taken.map(
    ({deployment, ...route}) =>
      `the route ${renderRoute(route)} is that of ${deployment.app}/${deployment.environment}`,
  );
  return new TakoError('ROUTE_CONFLICT', `${first} on this server already`, {
    hint: `choose another one in tako.toml, or take it off that app: "tako delete --app ${ownersOf(taken).join(' or ')}"`,
    details: others,
  });
}

const ownersOf = (taken: readonly DeploymentRoute[]): readonly string[] => [
  ...new Set(taken.map(({deployment}) => `${deployment.app}/${deployment.environment}`)),
];

const toPattern = (row: Row): RoutePattern => ({host: String(row.host), path: String(row.path)});
const toRoute = (row: Row): DeploymentRoute => ({...toPattern(row), deployment: deploymentOf(row)});
