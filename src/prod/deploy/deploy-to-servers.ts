// One release to several servers. Where it has a release command, the first server runs that, and the others follow when
// it has succeeded; beside that they have nothing to do with each other, and each says what became of it.

import {fromProblem} from '../../control/protocol.js';
import type {CheckResult, JobResult, JobStep} from '../../control/server-methods.js';
import {unlessAborted} from '../../supervisor/race.js';
import {TakoError} from '../../system/error.js';
import {manifestBytes, releaseId} from '../releases/manifest-bytes.js';
import type {ServerConnection} from '../remote/server-connection.js';
import {type DeployEvent, type OnDeployEvent, withStep} from './deploy-event.js';
import {type ProjectSecrets, sendSecrets} from './deploy-secrets.js';
import {followSteps, type JobListener} from './follow-job.js';
import type {LocalRelease} from './make-manifest.js';
import {seldom} from './seldom.js';
import {type SentManifests, sendRelease} from './send-release.js';

/** A server that a deploy goes to. */
export type DeployTarget = {
  readonly connection: ServerConnection;
  /** Connects to it once more. */
  readonly reconnect: () => Promise<ServerConnection>;
  readonly check: CheckResult;
  /** What became of a deploy that was under way there and was waited for. */
  readonly earlier: {readonly release: string; readonly result: JobResult} | null;
  /** What was built for its platform. */
  readonly release: LocalRelease;
};

export type DeployOptions = JobListener & {
  readonly manifests: SentManifests;
  readonly secrets: ProjectSecrets;
  /** `user@host` of whoever deploys. */
  readonly by: string;
  readonly onEvent: OnDeployEvent;
  /** Aborted: what has not begun does not, and what has is left to itself. */
  readonly signal: AbortSignal;
};

export type DeployOutcome = {readonly server: string; readonly result: JobResult};

/** Steps that are reached only when the release command has succeeded. */
const AFTER_RELEASE_COMMAND: readonly string[] = ['start', 'health', 'switch', 'drain', 'finalize'] satisfies JobStep[];

/** Rejects with what a server could not even begin with; what fails in a job is its outcome. */
export async function deployToServers(
  targets: readonly DeployTarget[],
  options: DeployOptions,
): Promise<readonly PromiseSettledResult<DeployOutcome>[]> {
  const [leader, ...followers] = targets;
  if (!leader) return [];
  const mayFollow = Promise.withResolvers<void>();
  if (leader.release.manifest.releaseCommand === null) mayFollow.resolve();
  mayFollow.promise.catch(() => undefined);
  const watchLeader = (event: DeployEvent): void => {
    options.onEvent(event);
    if (event.type === 'started' && AFTER_RELEASE_COMMAND.includes(event.step)) mayFollow.resolve();
  };
  const leading = deployToOne(leader, {...options, onEvent: watchLeader}, true);
  leading.then(
    ({result}) => (result.outcome === 'succeeded' ? mayFollow.resolve() : mayFollow.reject(notBegun(leader))),
    () => mayFollow.reject(notBegun(leader)),
  );
  const following = followers.map(target => deployToOne(target, options, false, mayFollow.promise));
  return Promise.allSettled([leading, ...following]);
}

async function deployToOne(
  {connection, reconnect, check, release, earlier}: DeployTarget,
  {manifests, secrets, by, onEvent, onJob, onJobOver, signal}: DeployOptions,
  runsReleaseCommand: boolean,
  mayBegin: Promise<void> = Promise.resolve(),
): Promise<DeployOutcome> {
  const server = connection.entry.name;
  if (earlier?.release === releaseId(manifestBytes(release.manifest))) return {server, result: earlier.result};
  const manifest = await withStep({step: 'upload', server}, {onEvent, signal}, () =>
    sendRelease(connection, {
      ...{release, manifests, signal},
      currentRelease: check.currentRelease,
      onProgress: seldom(progress => onEvent({type: 'progress', step: 'upload', server, progress})),
    }),
  );
  const {app, environment} = release.manifest;
  const digest = await sendSecrets(connection.client, {app, environment}, secrets);
  await unlessAborted(mayBegin, signal);
  signal.throwIfAborted();
  const wanted = digest === undefined ? {} : {secrets: digest};
  const job = await connection.client.call('deploy', {manifest, by, runsReleaseCommand, ...wanted});
  onJob(server, job);
  const result = await followSteps(connection, job, {reconnect, onEvent, signal});
  onJobOver(server);
  return {server, result};
}

/** What a server has against the release, as the one error of several. */
export function requireDeployable(server: string, {problems}: CheckResult): void {
  const [first, ...others] = problems;
  if (!first) return;
  if (others.length === 0) throw fromProblem(first);
  throw new TakoError('DEPLOY_INVALID', `${server} has ${problems.length} objections to this deploy`, {
    details: problems.map(({code, message}) => `${message} [${code}]`),
  });
}

const notBegun = ({connection}: DeployTarget): TakoError =>
  new TakoError('DEPLOY_NOT_BEGUN', `not deployed, as the release command did not succeed on ${connection.entry.name}`);
