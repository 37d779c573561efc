import {parseStaticRoute} from '../config/static-route.js';
import type {AppStatus, LanAddress, Problem} from '../control/events.js';
import type {Traffic} from '../control/exchanges.js';
import type {Registration} from '../control/protocol.js';
import {originOf} from '../proxy/request-path.js';
import {parseRoute} from '../proxy/route-syntax.js';
import type {Route} from '../proxy/route-table.js';
import type {Instance} from '../supervisor/instance.js';
import {TakoError} from '../system/error.js';

/** What is known of an app beside its registration and its process. */
export type StatusFacts = {
  readonly httpsPort: number;
  readonly memoryBytes: number | null;
  readonly clients: number;
  readonly startedFor: readonly string[];
  readonly problem: Problem | null;
  readonly lan: LanAddress | null;
  readonly restarts: number;
  readonly traffic: Traffic;
};

/** One app as clients see it. */
export function renderAppStatus(registration: Registration, instance: Instance, facts: StatusFacts): AppStatus {
  const {name, directory, configFile, command, primaryHost} = registration;
  const {httpsPort, memoryBytes, clients, problem, startedFor, lan, restarts, traffic} = facts;
  const isRunning = 'pid' in instance;
  return {
    name,
    state: instance.state,
    url: originOf(primaryHost, httpsPort),
    urls: routesOf(registration).map(route => urlOf(route, httpsPort)),
    directory,
    configFile,
    command,
    pid: isRunning ? instance.pid : null,
    port: 'endpoint' in instance ? instance.endpoint.port : null,
    startedAt: isRunning ? instance.startedAt : null,
    memoryBytes: isRunning ? memoryBytes : null,
    exit: 'exit' in instance ? instance.exit : null,
    problem,
    startedFor,
    clients,
    lan,
    restarts,
    traffic,
  };
}

/** A registration's routes, parsed: its own and those to what tako does not start. Throws ROUTE_INVALID. */
export function routesOf(registration: Registration): Route[] {
  const {name, staticRoutes = []} = registration;
  const others = staticRoutes.map(parseStaticRoute).map(({route, upstream}) => ({...route, app: name, upstream}));
  return [...ownRoutesOf(registration), ...others];
}

function ownRoutesOf({name, routes, presentAs, presentPaths = []}: Registration): Route[] {
  return routes.map(text => {
    const parsed = parseRoute(text);
    if (!parsed.ok) throw new TakoError('ROUTE_INVALID', `${name}: route "${text}": ${parsed.problem}`);
    return {...parsed.route, app: name, ...(presentAs === null ? {} : {presentAs, presentPaths})};
  });
}

const urlOf = ({host, path}: Route, httpsPort: number): string =>
  originOf(host, httpsPort) + (path === '/' ? '' : path.replace(/\*$/, ''));

/** What a start that is under way is called, and since when; undefined where there is none. */
export function describeInstance(instance: Instance): {readonly state: string; readonly startedAt: number} | undefined {
  switch (instance.state) {
    case 'starting':
      return {state: 'starting', startedAt: instance.startedAt};
    case 'restarting':
      return {state: 'restarting', startedAt: instance.next.startedAt};
    case 'backing-off':
      return {state: 'starting again', startedAt: instance.startedAt};
    default:
      return undefined;
  }
}
