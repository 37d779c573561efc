// All that a server could have against a deploy, asked before anything is built.

import type {CheckResult} from '../../control/server-methods.js';
import {type OnDeployEvent, withStep} from '../../prod/deploy/deploy-event.js';
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
      return check.job ? attach(server, check.job, plan, options) : {...server, check, earlier: null};
    }),
  );
}

async function checkServer(
  connection: ServerConnection,
  plan: DeployPlan,
  {manifests, onEvent}: CheckOptions,
): Promise<CheckResult> {
  const {client, info, entry} = connection;
  const asked = Date.now();
  const {now} = await client.call('hello', {version: info.version, protocol: info.protocol});
  const problems = findServerProblems(entry.name, {...info, now}, {asked, answered: Date.now()});
  const check = await askServer(connection, plan);
  requireDeployable(entry.name, {...check, problems: [...problems, ...check.problems]});
  if (check.job) await requireOwnJob(entry.name, check.job, manifests);
  for (const text of findServerWarnings(plan, entry.name, info)) onEvent({type: 'warning', text});
  return check;
}

const askServer = ({client}: ServerConnection, {app, environment, routes}: DeployPlan): Promise<CheckResult> =>
  client.call('check', {deployment: {app, environment}, routes, uploadBytes: 0});

/** What serves when it is over is another release than before. */
async function attach(
  server: ReachedServer,
  job: NonNullable<CheckResult['job']>,
  plan: DeployPlan,
  options: CheckOptions,
): Promise<CheckedServer> {
  const {connection, reconnect} = server;
  options.onJob(connection.entry.name, job);
  const result = await attachToJob(connection, job, {...options, reconnect});
  options.onJobOver(connection.entry.name);
  return {...server, check: await askServer(connection, plan), earlier: {release: job.release, result}};
}
