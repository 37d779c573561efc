// `tako scale`, `stop`, `start`, `restart` and `delete` of what is deployed.

import type {DeploymentName, DeploymentStatus} from '../../control/server-methods.js';
import {TakoError} from '../../system/error.js';
import {confirm} from '../confirm.js';
import {printResult} from '../output.js';
import {printOutcomes} from '../servers-outcome.js';
import {type DeploymentFlags, onEachServer, selectDeployment} from './deployment-context.js';

/** Keeps so many instances running on each server; 0: one while it is used. It stays so over deploys and restarts. */
export async function scale(count: string, flags: DeploymentFlags): Promise<void> {
  const instances = Number(count);
  if (!/^\d{1,3}$/.test(count)) throw new TakoError('BAD_SCALE', `"${count}" is not a number of instances`);
  const selected = await selectDeployment(flags);
  print(await onEachServer(selected, client => client.call('scale', {deployment: selected.name, instances})), flags);
}

/** Ends or starts it, or has new processes follow those that run. */
export async function control(call: 'stop' | 'start' | 'restart', flags: DeploymentFlags): Promise<void> {
  const selected = await selectDeployment(flags);
  print(await onEachServer(selected, client => client.call(call, {deployment: selected.name})), flags);
}

/** Takes it off its servers, with its releases, its data and its logs. */
export async function deleteDeployment(flags: DeploymentFlags & {readonly yes?: boolean}): Promise<void> {
  const selected = await selectDeployment(flags);
  const {name, servers} = selected;
  const where = servers.map(server => server.name).join(', ');
  if (!flags.yes) await confirm(`delete ${keyOf(name)} on ${where}, with its data and logs?`);
  const outcomes = await onEachServer(selected, client => client.call('delete', {deployment: name}));
  printOutcomes(outcomes, {json: flags.json, print: server => printResult(`${server}: ${keyOf(name)} is deleted`)});
}

const keyOf = ({app, environment}: DeploymentName): string => `${app}/${environment}`;

function print(outcomes: Awaited<ReturnType<typeof onEachServer<DeploymentStatus>>>, {json}: DeploymentFlags): void {
  printOutcomes(outcomes, {json, print: (server, status) => printResult(`${server}: ${describeStatus(status)}`)});
}

/** One line: what it is, how many of its instances are ready, which release. */
export function describeStatus({state, instances, release, scale: wanted, problem}: DeploymentStatus): string {
  const ready = instances.filter(instance => instance.state === 'ready').length;
  const count =
    state === 'static' || state === 'stopped' ? '' : `, ${ready} of ${Math.max(wanted, instances.length)} ready`;
  return `${state}${count}, release ${release ?? 'none'}${problem ? `: ${problem.message}` : ''}`;
}
