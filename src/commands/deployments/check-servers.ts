// All that a server could have against a deploy, asked before anything is built.

import type {CheckResult, JobSummary} from '../../control/server-methods.js';
import {type OnDeployEvent, withStep} from '../../prod/deploy/deploy-event.js';
import {checkSecrets, type ProjectSecrets} from '../../prod/deploy/deploy-secrets.js';
import {type DeployTarget, requireDeployable} from '../../prod/deploy/deploy-to-servers.js';
import type {JobListener} from '../../prod/deploy/follow-job.js';
import type {DeployPlan} from '../../prod/deploy/plan.js';
import type {SentManifests} from '../../prod/deploy/send-release.js';
import {findServerProblems, findServerWarnings} from '../../prod/deploy/server-problems.js';
import {attachToJob, requireOwnJob} from '../../prod/deploy/under-way.js';
import type {ServerConnection} from '../../prod/remote/server-connection.js';
import {unlessAborted} from '../../supervisor/race.js';

export type CheckOptions = JobListener & {
  readonly manifests: SentManifests;
  readonly secrets: ProjectSecrets;
  readonly onEvent: OnDeployEvent;
  readonly signal: AbortSignal;
};

/** A server that may be deployed to. */
export type CheckedServer = Omit<DeployTarget, 'release'>;
type ReachedServer = Pick<DeployTarget, 'connection' | 'reconnect'>;

/** Waits where a deploy of this project is under way. Throws what stands against it, DEPLOY_UNDER_WAY for somebody else's. */
export async function checkServers(
  servers: readonly ReachedServer[],
  plan: DeployPlan,
  options: CheckOptions,
): Promise<readonly CheckedServer[]> {
  const checks = await withStep({step: 'check', server: null}, options, () =>
    unlessAborted(Promise.all(servers.map(({connection}) => checkServer(connection, plan, options))), options.signal),
  );
  return Promise.all(
    servers.map(async (server, place): Promise<CheckedServer> => {
      const check = checks[place];
      if (!check) throw new Error('a server without a check');
      return check.job ? attach(server, check, check.job, options) : {...server, check, earlier: null};
    }),
  );
}

async function checkServer(
  connection: ServerConnection,
  plan: DeployPlan,
  {manifests, secrets, onEvent}: CheckOptions,
): Promise<CheckResult> {
  const {client, info, entry} = connection;
  const asked = Date.now();
  const {now} = await client.call('hello', {version: info.version, protocol: info.protocol});
  const problems = findServerProblems(entry.name, {...info, now}, {asked, answered: Date.now()});
  const check = await client.call('check', {
    deployment: {app: plan.app, environment: plan.environment},
    routes: plan.routes,
    uploadBytes: 0,
  });
  requireDeployable(entry.name, {...check, problems: [...problems, ...check.problems]});
  if (check.job) await requireOwnJob(entry.name, check.job, manifests);
  await checkSecrets(client, {app: plan.app, environment: plan.environment}, secrets);
  for (const text of findServerWarnings(plan, entry.name, info)) onEvent({type: 'warning', text});
  return check;
}

/** What serves when it is over is not asked for: the connection may have been cut meanwhile. */
async function attach(
  server: ReachedServer,
  check: CheckResult,
  job: JobSummary,
  options: CheckOptions,
): Promise<CheckedServer> {
  const {connection, reconnect} = server;
  options.onJob(connection.entry.name, job);
  const result = await attachToJob(connection, job, {...options, reconnect});
  options.onJobOver(connection.entry.name);
  const currentRelease = result.outcome === 'succeeded' ? result.release : check.currentRelease;
  return {...server, check: {...check, currentRelease}, earlier: {release: job.release, result}};
}
