import {fromProblem} from '../../control/protocol.js';
import type {JobResult} from '../../control/server-methods.js';
import {followJob} from '../../prod/deploy/follow-job.js';
import {connectServer} from '../../prod/remote/server-connection.js';
import {printNote, printResult} from '../output.js';
import {printOutcomes} from '../servers-outcome.js';
import {currentUser, type DeploymentFlags, onEachServer, selectDeployment} from './deployment-context.js';

/** Back to a release that served before, on every server of the environment. */
export async function rollback(release: string | undefined, flags: DeploymentFlags): Promise<void> {
  const selected = await selectDeployment(flags);
  const outcomes = await onEachServer(selected, async (client, connection) => {
    const request = {deployment: selected.name, release: release ?? null, by: currentUser()};
    const job = await client.call('rollback', request);
    const result = await followJob(connection, job, {
      reconnect: () => connectServer(connection.entry, selected.context.connect),
      onEvent: event => {
        if (event.type === 'started' && !flags.json) printNote(`${connection.entry.name}: ${event.step}`);
      },
    });
    return succeeded(result);
  });
  printOutcomes(outcomes, {
    json: flags.json,
    print: (server, {release: id}) => printResult(`${server}: release ${id} serves`),
  });
}

function succeeded(result: JobResult): {readonly release: string} {
  if (result.outcome === 'failed') throw fromProblem(result.problem);
  return {release: result.release};
}
