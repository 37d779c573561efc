// `tako deploy --cancel`: the deploy goes on without the terminal it was started from, and so is ended from any.

import type {ControlClient} from '../../control/client.js';
import type {DeploymentName, JobResult, JobSummary, ServerMethods} from '../../control/server-methods.js';
import {printResult} from '../output.js';
import {printOutcomes} from '../servers-outcome.js';
import {type DeploymentFlags, onEachServer, selectDeployment} from './deployment-context.js';

/** Null: there was none. `result`: a deploy that has moved traffic already cannot be ended, and succeeds. */
type Cancelled = {readonly job: JobSummary | null; readonly result: JobResult | null};

/** Ends the deploy or rollback that is under way on each server; what served before goes on. */
export async function cancelDeploy(flags: DeploymentFlags): Promise<void> {
  const selected = await selectDeployment(flags);
  const outcomes = await onEachServer(selected, client => cancelOn(client, selected.name));
  printOutcomes(outcomes, {json: flags.json, print: (server, done) => printResult(`${server}: ${describe(done)}`)});
}

async function cancelOn(client: ControlClient<ServerMethods>, deployment: DeploymentName): Promise<Cancelled> {
  const {job} = await client.call('check', {deployment, routes: [], uploadBytes: 0});
  if (job === null) return {job, result: null};
  await client.call('cancel', {job: job.id});
  return {job, result: await client.call('follow', {job: job.id, after: 0})};
}

function describe({job, result}: Cancelled): string {
  if (job === null || result === null) return 'no deploy is under way';
  const what = `the ${job.kind} to release ${job.release}, by ${job.by},`;
  return result.outcome === 'succeeded'
    ? `${what} had succeeded already`
    : `${what} is ended; the release before serves`;
}
