// What each call of a laptop does.

import {MAX_SCALE} from '../../config/on-servers.js';
import type {Handlers} from '../../control/method.js';
import {toProblem} from '../../control/protocol.js';
import type {
  CheckResult,
  DeploymentName,
  DeploymentStatus,
  ServerInfo,
  ServerLogRecord,
  ServerMethods,
} from '../../control/server-methods.js';
import type {LogFile} from '../../supervisor/log-files/log-file.js';
import type {LogRecord} from '../../supervisor/log-files/log-record.js';
import {TakoError} from '../../system/error.js';
import {DEPLOYMENT} from '../holder/protocol.js';
import type {ReleaseStore} from '../releases/release-store.js';
import type {Jobs} from '../rollout/jobs.js';
import {noSuchDeployment} from '../state/deployments.js';
import {routeConflict} from '../state/routes.js';
import type {State} from '../state/state.js';
import type {Deployment, DeploymentSettings} from './deployment.js';
import type {Deployments} from './deployments.js';
import type {Deploys} from './deploys.js';
import {withMemory} from './instance-memory.js';
import {deploymentKey} from './instance-name.js';
import type {LoadedRelease} from './loaded-release.js';
import {renewAlone} from './renew-secrets.js';
import {routePatterns} from './routes.js';
import type {SecretVault} from './secret-vault.js';

export type HandlersOptions = {
  readonly state: State;
  readonly releases: ReleaseStore;
  readonly deployments: Deployments;
  readonly vault: SecretVault;
  readonly deploys: Deploys;
  readonly jobs: Jobs;
  readonly info: () => ServerInfo;
  readonly logOf: (name: DeploymentName) => LogFile;
  /** Runs a command in the environment of the current release. */
  readonly exec: (
    deployment: Deployment & {readonly release: LoadedRelease},
    command: readonly string[],
    onLine: (stream: 'stdout' | 'stderr', text: string) => void,
    signal: AbortSignal,
  ) => Promise<{readonly code: number | null; readonly signal: string | null}>;
  /** Deletes all that is on disk of a deployment that serves nothing any more. */
  readonly erase: (name: DeploymentName) => Promise<void>;
  readonly reload: () => Promise<{readonly pid: number}>;
  readonly shutdown: () => Promise<void>;
  /** Bytes that are free where releases are kept. */
  readonly freeBytes: () => Promise<number>;
};

const MAX_HASHES = 10_000;
/** Kept free for logs and databases. */
const SPARE_BYTES = 256 * 1024 * 1024;

export function createServerHandlers(options: HandlersOptions): Handlers<ServerMethods> {
  const {state, releases, deployments, vault, deploys, jobs, info} = options;

  /** Writes what is to be, then makes it so; what does not start is in the status. */
  async function configure(name: DeploymentName, change: Partial<DeploymentSettings>): Promise<DeploymentStatus> {
    const deployment = deployments.find(name);
    deployments.configure(deployment, change);
    await deployment.settle();
    return statusOf(deployment);
  }

  async function statusOf(deployment: Deployment): Promise<DeploymentStatus> {
    const status = deployment.status();
    const [measured = status] = await withMemory([status]);
    return measured;
  }

  async function check(name: DeploymentName, routes: readonly string[], uploadBytes: number): Promise<CheckResult> {
    const taken = state.routes.conflicts(name, routePatterns(routes));
    const free = await options.freeBytes();
    const problems = [
      ...(taken.length > 0 ? [routeConflict(taken)] : []),
      ...(free < uploadBytes + SPARE_BYTES ? [diskFull(free, uploadBytes)] : []),
    ];
    return {
      problems: problems.map(toProblem),
      currentRelease: state.releases.current(name)?.id ?? null,
      job: jobs.running(name) ?? null,
    };
  }

  return {
    hello: async () => info(),
    check: async ({deployment, routes, uploadBytes}) => check(deployment, routes, uploadBytes),
    async missing({hashes}) {
      if (hashes.length > MAX_HASHES) throw new TakoError('TOO_MANY', `more than ${MAX_HASHES} objects at a time`);
      return {missing: await releases.objects.missing(hashes)};
    },
    deploy: async ({manifest, by, runsReleaseCommand, secrets}) =>
      deploys.deploy(manifest, by, runsReleaseCommand, secrets),
    secrets: async ({deployment}) => vault.describe(named(deployment)),
    storeSecrets: async ({deployment, ...secrets}) => ({digest: vault.store(named(deployment), secrets)}),
    async useSecrets({deployment: name, digest}) {
      const deployment = deployments.find(name);
      await renewAlone(deployment, vault.open(name, digest), deployments);
      return statusOf(deployment);
    },
    rollback: async ({deployment, release, by}) => deploys.rollback(deployment, release, by),
    follow: async ({job, after}, {emit, signal}) => jobs.follow(job, after, emit, signal),
    async cancel({job}) {
      jobs.cancel(job);
      return {};
    },
    async releases({deployment}) {
      deployments.find(deployment);
      return {
        releases: state.releases.list(deployment).map(({deployment: _, manifestHash: __, ...summary}) => summary),
      };
    },
    scale: async ({deployment: name, instances}) => {
      if (!Number.isSafeInteger(instances) || instances < 0 || instances > MAX_SCALE) throw badScale(instances);
      return configure(name, {scale: instances});
    },
    stop: async ({deployment}) => configure(deployment, {isStopped: true}),
    start: async ({deployment}) => configure(deployment, {isStopped: false}),
    async restart({deployment: name}) {
      const deployment = deployments.find(name);
      await deployment.set?.restart();
      return statusOf(deployment);
    },
    wake: async ({deployment}) => {
      const {host, port, tls} = await deployments.find(deployment).activate();
      return {host, port, isTls: tls !== undefined};
    },
    async delete({deployment}) {
      if (jobs.running(deployment)) throw new TakoError('DEPLOY_UNDER_WAY', 'a deploy of it is under way');
      await deployments.remove(deployment, () => options.erase(deployment));
      return {};
    },
    status: async () => ({info: info(), deployments: await withMemory(deployments.statuses())}),
    async logs({deployment, level, instance, ...query}, {emit, drained, signal}) {
      deployments.find(deployment);
      const wanted = {...query, level: level ?? undefined, instance: instance ?? undefined, signal};
      for await (const record of options.logOf(deployment).read(wanted))
        if (!emit(describeRecord(record))) await drained();
      return {};
    },
    async exec({deployment: name, command}, {emit, signal}) {
      const deployment = deployments.find(name);
      if (!hasRelease(deployment)) throw noRelease();
      return options.exec(deployment, command, (stream, text) => emit({stream, text}), signal);
    },
    reload: options.reload,
    async shutdown() {
      await options.shutdown();
      return {};
    },
  };
}

const describeRecord = ({id, time, stream, text, ...known}: LogRecord): ServerLogRecord => {
  const {release = null, instance, level = null} = known;
  return {id, time, stream, text, release, instance: typeof instance === 'number' ? instance : null, level};
};

/** One that is not here yet has no other check. Throws NO_SUCH_DEPLOYMENT. */
function named(name: DeploymentName): DeploymentName {
  if (!DEPLOYMENT.test(deploymentKey(name))) throw noSuchDeployment(name);
  return name;
}

type Released = Deployment & {readonly release: LoadedRelease};

const hasRelease = (deployment: Deployment): deployment is Released => deployment.release !== undefined;

const noRelease = (): TakoError =>
  new TakoError('NOTHING_DEPLOYED', 'no release of it serves yet', {hint: 'deploy it with "tako deploy"'});

const badScale = (instances: number): TakoError =>
  new TakoError('BAD_SCALE', `${instances} is not a number of instances`, {hint: `use 0 (on demand) to ${MAX_SCALE}`});

const mebibytes = (bytes: number): string => `${Math.ceil(bytes / 1024 ** 2)} MiB`;

const diskFull = (free: number, needed: number): TakoError =>
  new TakoError(
    'DISK_FULL',
    `the server has ${mebibytes(free)} free, and ${mebibytes(needed + SPARE_BYTES)} are needed`,
    {
      hint: 'free some space there, or prune old releases',
    },
  );
