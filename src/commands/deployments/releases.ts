import type {ReleaseSummary} from '../../control/server-methods.js';
import {printResult} from '../output.js';
import {printOutcomes} from '../servers-outcome.js';
import {type DeploymentFlags, onEachServer, selectDeployment} from './deployment-context.js';

/** The releases that servers have, last deployed first. */
export async function listReleases(flags: DeploymentFlags): Promise<void> {
  const selected = await selectDeployment(flags);
  const outcomes = await onEachServer(selected, client => client.call('releases', {deployment: selected.name}));
  printOutcomes(outcomes, {
    json: flags.json,
    print(server, {releases}) {
      if (selected.servers.length > 1) printResult(`${server}:`);
      printResult(releases.length > 0 ? releases.map(describeRelease).join('\n') : 'no releases');
    },
  });
}

function describeRelease({id, state, deployedAt, by, commit}: ReleaseSummary): string {
  const mark = state === 'current' ? '*' : ' ';
  const time = new Date(deployedAt).toISOString().slice(0, 16).replace('T', ' ');
  const source = commit ? `${commit.sha.slice(0, 7)}${commit.isDirty ? ' and changes' : ''} ${commit.message}` : '';
  return `${mark} ${id}  ${time}  ${by}  ${state === 'failed' ? 'failed  ' : ''}${source}`.trimEnd();
}
