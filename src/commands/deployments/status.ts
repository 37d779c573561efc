import type {DeploymentStatus, InstanceSummary} from '../../control/server-methods.js';
import {formatBytes} from '../../ui/format.js';
import {printResult} from '../output.js';
import {printOutcomes} from '../servers-outcome.js';
import {describeStatus} from './control.js';
import {type DeploymentFlags, onEachServer, selectDeployment} from './deployment-context.js';

/** What is deployed, on each server of the environment. */
export async function deploymentStatus(flags: DeploymentFlags): Promise<void> {
  const selected = await selectDeployment(flags);
  const {app, environment} = selected.name;
  const outcomes = await onEachServer(selected, async client => {
    const {deployments} = await client.call('status', {});
    return {deployment: deployments.find(one => one.app === app && one.environment === environment) ?? null};
  });
  printOutcomes(outcomes, {
    json: flags.json,
    print: (server, {deployment}) =>
      printResult(`${server}: ${deployment ? describeInstances(deployment) : `${app}/${environment} is not deployed`}`),
  });
}

/** A line for all, and one for each instance. */
const describeInstances = (status: DeploymentStatus): string =>
  [describeStatus(status), ...status.instances.map(describeInstance)].join('\n');

const describeInstance = ({number, state, pid, memoryBytes}: InstanceSummary): string =>
  `  #${number}: ${state}${pid === null ? '' : `, pid ${pid}, ${formatBytes(memoryBytes)}`}`;
