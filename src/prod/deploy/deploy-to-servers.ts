// One release to several servers. Where it has a release command, the first server runs that, and the others follow when
// it has succeeded; beside that they have nothing to do with each other, and each says what became of it.

import {fromProblem} from '../../control/protocol.js';
import type {CheckResult, JobEvent, JobResult, JobStep} from '../../control/server-methods.js';
import {TakoError} from '../../system/error.js';
import type {ServerConnection} from '../remote/server-connection.js';
import type {UploadProgress} from '../remote/upload.js';
import {followJob} from './follow-job.js';
import type {LocalRelease} from './make-manifest.js';
import {type SentManifests, sendRelease} from './send-release.js';

/** A server that a deploy goes to. */
export type DeployTarget = {
  readonly connection: ServerConnection;
  /** Connects to it once more. */
  readonly reconnect: () => Promise<ServerConnection>;
  readonly check: CheckResult;
  /** What was built for its platform. */
  readonly release: LocalRelease;
};

export type DeployEvent =
  | {readonly type: 'upload'; readonly server: string; readonly progress: UploadProgress}
  | {readonly type: 'job'; readonly server: string; readonly event: JobEvent};

export type DeployOptions = {
  readonly manifests: SentManifests;
  /** `user@host` of whoever deploys. */
  readonly by: string;
  readonly onEvent: (event: DeployEvent) => void;
};

export type DeployOutcome = {readonly server: string; readonly result: JobResult};

/** Steps before the ones that wait for the release command. */
const BEFORE_FOLLOWERS: readonly JobStep[] = ['prepare', 'release-command'];

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
  const leading = deployToOne(leader, options, true, event => {
    if (!BEFORE_FOLLOWERS.includes(event.step)) mayFollow.resolve();
  });
  leading.then(
    ({result}) => (result.outcome === 'succeeded' ? mayFollow.resolve() : mayFollow.reject(notBegun(leader))),
    () => mayFollow.reject(notBegun(leader)),
  );
  const following = followers.map(target => deployToOne(target, options, false, () => undefined, mayFollow.promise));
  return Promise.allSettled([leading, ...following]);
}

async function deployToOne(
  {connection, reconnect, check, release}: DeployTarget,
  {manifests, by, onEvent}: DeployOptions,
  runsReleaseCommand: boolean,
  onJobEvent: (event: JobEvent) => void,
  mayBegin: Promise<void> = Promise.resolve(),
): Promise<DeployOutcome> {
  const server = connection.entry.name;
  const manifest = await sendRelease(connection, {
    release,
    currentRelease: check.currentRelease,
    manifests,
    onProgress: progress => onEvent({type: 'upload', server, progress}),
  });
  await mayBegin;
  const job = await connection.client.call('deploy', {manifest, by, runsReleaseCommand});
  const result = await followJob(connection, job, {
    reconnect,
    onEvent(event) {
      onJobEvent(event);
      onEvent({type: 'job', server, event});
    },
  });
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
