import type {DeploymentStatus, ServerInfo} from '../control/server-methods.js';
import {printResult} from './output.js';
import {createServersContext, onServer, selectServers} from './servers-context.js';
import {printOutcomes, withEachServer} from './servers-outcome.js';

type ServerStatus = {readonly info: ServerInfo; readonly deployments: readonly DeploymentStatus[]};

/** Servers and their deployments. The exit code is 1 when one does not answer. */
export async function serverStatus(name: string | undefined, {json}: {readonly json?: boolean}): Promise<void> {
  const context = createServersContext();
  const servers = await selectServers(context, name);
  const outcomes = await withEachServer(servers, server =>
    onServer(server, context, client => client.call('status', {})),
  );
  printOutcomes(outcomes, {json, print: (server, status) => printResult(describeStatus(server, status))});
}

function describeStatus(server: string, {info, deployments}: ServerStatus): string {
  const head = `${server}: tako ${info.version}, pid ${info.pid}, http ${info.httpPort}, https ${info.httpsPort}`;
  const notes = [
    ...(info.isIsolated ? [] : ['apps run as one user']),
    ...(info.limitsBy === null ? ['memory and processes are not limited'] : []),
  ];
  const lines = deployments.length > 0 ? deployments.map(describeDeployment) : ['  nothing is deployed'];
  return [[head, ...notes].join('; '), ...lines].join('\n');
}

function describeDeployment({app, environment, state, release, routes, instances}: DeploymentStatus): string {
  const ready = instances.filter(instance => instance.state === 'ready').length;
  const count = state === 'static' ? '' : `, ${ready} of ${instances.length} ready`;
  return `  ${app}/${environment}: ${state}${count}, release ${release ?? 'none'}, ${routes.join(' ')}`;
}
