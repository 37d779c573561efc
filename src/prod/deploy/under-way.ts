// A deploy is asked for while a job of the same app is under way. A deploy of this project, which somebody has left, is
// followed to its end, and then it is the turn of what is here now. Any other is in the way, and that is said before
// anything is built.

import type {JobResult, JobSummary} from '../../control/server-methods.js';
import {TakoError} from '../../system/error.js';
import type {ServerConnection} from '../remote/server-connection.js';
import {type FollowStepsOptions, followSteps} from './follow-job.js';
import type {SentManifests} from './send-release.js';

/** Throws DEPLOY_UNDER_WAY for a job that this project has not begun: it has never sent that release. */
export async function requireOwnJob(server: string, job: JobSummary, manifests: SentManifests): Promise<void> {
  const isOwn = job.kind === 'deploy' && (await manifests.find(job.release)) !== undefined;
  if (!isOwn) throw underWay(server, job);
}

/** Follows the deploy to its end, whatever that is. */
export async function attachToJob(
  connection: ServerConnection,
  job: JobSummary,
  options: FollowStepsOptions,
): Promise<JobResult> {
  const about = {step: 'attach', server: connection.entry.name} as const;
  const startedAt = performance.now();
  options.onEvent({...about, type: 'started', job});
  const result = await followSteps(connection, job, options);
  const elapsedMs = Math.round(performance.now() - startedAt);
  if (result.outcome === 'failed') options.onEvent({...about, type: 'output', text: result.problem.message});
  options.onEvent({...about, type: 'done', elapsedMs, note: result.outcome === 'failed' ? 'it failed' : null});
  return result;
}

/** A job of another is in the way. */
export const underWay = (server: string, {kind, deployment, release, by, startedAt}: JobSummary): TakoError =>
  new TakoError(
    'DEPLOY_UNDER_WAY',
    `a ${kind} of ${deployment.app}/${deployment.environment}, release ${release}, is under way on ${server}`,
    {
      hint: `deploy again when it is over: "tako logs --env ${deployment.environment} --server ${server} -f" shows how it goes`,
      details: [`by ${by}, since ${new Date(startedAt).toISOString()}`],
    },
  );
