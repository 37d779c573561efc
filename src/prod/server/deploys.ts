// Deploys and rollbacks: which release, which job, and what a rollout gets to work with.

import type {DeploymentName, JobSummary} from '../../control/server-methods.js';
import type {Clock} from '../../system/clock.js';
import {errorCode, TakoError} from '../../system/error.js';
import {releaseIdOf} from '../releases/manifest-bytes.js';
import {PRUNE_POLICY, planPrune} from '../releases/plan-prune.js';
import type {ReleaseStore} from '../releases/release-store.js';
import type {Jobs, RunningJob} from '../rollout/jobs.js';
import {type Candidate, type RolloutTarget, rollOut} from '../rollout/rollout.js';
import {noSuchRelease, type ReleaseRecord} from '../state/releases.js';
import {routeConflict} from '../state/routes.js';
import type {State} from '../state/state.js';
import type {Deployment} from './deployment.js';
import type {Deployments} from './deployments.js';
import type {ServerProxies} from './front-proxies.js';
import type {LoadedRelease} from './loaded-release.js';
import {renewSecrets} from './renew-secrets.js';
import {routePatterns} from './routes.js';
import type {DeployedSecrets, SecretVault} from './secret-vault.js';

export type DeploysOptions = {
  readonly state: State;
  readonly releases: ReleaseStore;
  readonly deployments: Deployments;
  readonly jobs: Jobs;
  readonly proxies: Pick<ServerProxies, 'assertServes'>;
  /** This server process, as the journal names it. */
  readonly owner: string;
  readonly clock: Clock;
  readonly vault: Pick<SecretVault, 'open' | 'maskOf'>;
  readonly runReleaseCommand: (
    deployment: Deployment,
    release: LoadedRelease,
    run: {
      readonly secrets: DeployedSecrets | undefined;
      readonly onLine: (text: string) => void;
      readonly signal: AbortSignal;
    },
  ) => Promise<void>;
  readonly say: (name: DeploymentName, text: string) => void;
};

export type Deploys = {
  /**
   * Deploys a release whose manifest and files are there. `secrets`: the digest of those that it is to have, null for none;
   * left out: those that the deployment has. Throws MANIFEST_MISSING, ROUTE_CONFLICT, NO_TRUSTED_PROXIES, DEPLOY_UNDER_WAY,
   * SECRETS_NOT_STORED.
   */
  deploy(manifestHash: string, by: string, runsReleaseCommand: boolean, secrets?: string | null): Promise<JobSummary>;
  /** To a release that served before; null: the one before the current. Throws NO_SUCH_RELEASE, NOTHING_TO_ROLL_BACK. */
  rollback(name: DeploymentName, release: string | null, by: string): Promise<JobSummary>;
  /** Ends jobs that a server process has left when it was killed: what had not switched is given up. */
  recover(): Promise<void>;
};

/** A new deployment keeps one instance. */
const FIRST_SCALE = 1;

export function createDeploys(options: DeploysOptions): Deploys {
  const {state, releases, deployments, jobs, vault, clock, say} = options;

  type Begin = Pick<JobSummary, 'kind' | 'by'> & {
    readonly runsReleaseCommand: boolean;
    /** Undefined: as the deployment has them. */
    readonly secrets?: string | null | undefined;
  };

  function begin(record: ReleaseRecord, {kind, by, ...how}: Begin): JobSummary {
    const {deployment: name, id, manifestHash} = record;
    return jobs.start({kind, deployment: name, release: id, by, manifestHash}, job => run(record, job, how));
  }

  async function run(
    record: ReleaseRecord,
    job: RunningJob,
    {runsReleaseCommand, secrets: digest}: Omit<Begin, 'kind' | 'by'>,
  ): Promise<LoadedRelease> {
    const deployment = deployments.find(record.deployment);
    const {summary} = job;
    deployment.job = summary;
    say(deployment.name, `${summary.kind} of release ${record.id} by ${summary.by} begins`);
    try {
      await deployment.renewing?.catch(() => undefined);
      const secrets = digest === undefined ? deployment.secrets : vault.open(deployment.name, digest);
      if (deployment.release?.id === record.id) return await keepServing(deployment, deployment.release, secrets, job);
      const {mask} = vault.maskOf(deployment.key);
      const release = await rollOut(targetOf(deployment, secrets, summary.id), {
        clock,
        prepare: () => prepare(deployment, record),
        runReleaseCommand: runsReleaseCommand
          ? (release, signal) =>
              options.runReleaseCommand(deployment, release, {secrets, onLine: text => job.output(mask(text)), signal})
          : undefined,
        finalize: () => prune(deployment),
        step: job.step,
        signal: job.signal,
      });
      say(deployment.name, `release ${record.id} serves`);
      await settle(deployment, job);
      return release;
    } catch (error) {
      await discard(record);
      say(
        deployment.name,
        `${summary.kind} of release ${record.id} failed: ${error instanceof Error ? error.message : error}`,
      );
      throw error;
    } finally {
      deployment.job = undefined;
    }
  }

  /** The release serves already: its processes stay, unless its secrets are others, and what of them is missing is started. */
  async function keepServing(
    deployment: Deployment,
    release: LoadedRelease,
    secrets: DeployedSecrets | undefined,
    job: RunningJob,
  ): Promise<LoadedRelease> {
    const {scale} = release.manifest.settings;
    job.output('it serves already');
    if (scale !== null) deployments.configure(deployment, {scale});
    await job.step('start', async () => {
      await renewSecrets(deployment, secrets, deployments);
      await deployment.settle();
    });
    return release;
  }

  /** It may have been scaled or stopped meanwhile, or was before. What does not start is in its log. */
  async function settle(deployment: Deployment, {output}: RunningJob): Promise<void> {
    if (deployment.settings.isStopped) output('it is stopped, until "tako start"');
    await deployment.settle().catch(() => undefined);
  }

  async function prepare(deployment: Deployment, {manifestHash}: ReleaseRecord): Promise<Candidate> {
    const release = await releases.prepare(manifestHash);
    const assets = await deployments.loadAssets(deployment, release);
    return {release, assets, scale: release.manifest.settings.scale ?? deployment.settings.scale};
  }

  function targetOf(deployment: Deployment, secrets: DeployedSecrets | undefined, job: string): RolloutTarget {
    return {
      current: deployment.set,
      token: deployment.token,
      createSet: runnable => deployments.createSet(deployment, runnable, secrets),
      openGap: () => openGap(deployment),
      // A server process that follows this one may have given the job up.
      switchTo: ({release, assets}, set) =>
        state.together(() => {
          if (!state.jobs.beat(job, options.owner, clock.now())) throw interrupted();
          deployments.switchTo(deployment, {release, set, assets, secrets});
          const {scale} = release.manifest.settings;
          if (scale !== null) deployments.configure(deployment, {scale});
        }),
    };
  }

  /** It did not come to serve: of one that never has, nothing stays but the word of it. */
  async function discard({deployment, id}: Pick<ReleaseRecord, 'deployment' | 'id'>): Promise<void> {
    try {
      state.releases.fail(deployment, id);
    } catch (error) {
      // What it is called can wait for room on the disk, which its files may be in the way of.
      if (errorCode(error) !== 'DISK_FULL') throw error;
    }
    if (hasServed(state.releases.find(deployment, id))) return;
    await releases
      .remove(deployment, id)
      .catch(error => say(deployment, `release ${id} could not be removed: ${error.message}`));
  }

  /** What is not needed any more goes; a failure to remove it fails no deploy. */
  async function prune({name, release}: Deployment): Promise<void> {
    const needed = new Set([release?.id ?? '', state.releases.previous(name)?.id ?? '']);
    const keep = release?.manifest.settings.keepReleases ?? PRUNE_POLICY.keep;
    const policy = {...PRUNE_POLICY, keep};
    // Deploys that failed take no place of releases to go back to.
    const [failed, others] = partition(state.releases.list(name), ({state: is}) => is === 'failed');
    const gone = [failed, others].flatMap(some => planPrune(some, needed, clock.now(), policy));
    try {
      for (const id of gone) await releases.remove(name, id);
      state.releases.remove(name, gone);
      if (gone.length > 0) await releases.collect(state.releases.manifests());
      await releases.tidy(name);
    } catch (error) {
      say(name, `old releases could not be removed: ${error instanceof Error ? error.message : error}`);
    }
  }

  return {
    async deploy(manifestHash, by, runsReleaseCommand, secrets) {
      const {app, environment, commit, routes, sourceIp} = await releases.read(manifestHash);
      const name = {app, environment};
      assertNoConflict(state, name, routes);
      options.proxies.assertServes(sourceIp);
      // Before anything begins.
      if (secrets !== undefined) vault.open(name, secrets);
      await deployments.ensure(name, FIRST_SCALE);
      const running = jobs.running(name) ?? state.jobs.runningOf(name);
      const id = releaseIdOf(manifestHash);
      // A second request for the same release joins the first one.
      if (running?.release === id && running.kind === 'deploy') return running;
      // Both or neither: a release that no job brings further would stay as it is for ever.
      return state.together(() => {
        const record = state.releases.add(name, {id, manifestHash, deployedAt: clock.now(), by, commit});
        return begin(record, {kind: 'deploy', by, runsReleaseCommand, secrets});
      });
    },
    async rollback(name, id, by) {
      deployments.find(name);
      const record = id === null ? state.releases.previous(name) : state.releases.find(name, id);
      if (!record) throw id === null ? nothingToRollBackTo(name) : noSuchRelease(name, id);
      if (record.state === 'failed' || record.state === 'prepared') throw neverServed(record);
      return begin(record, {kind: 'rollback', by, runsReleaseCommand: false});
    },
    async recover() {
      for (const job of state.jobs.running()) {
        const isSwitched = state.releases.current(job.deployment)?.id === job.release;
        if (!isSwitched) await discard({deployment: job.deployment, id: job.release});
        state.jobs.finish(
          job.id,
          isSwitched
            ? {outcome: 'succeeded', release: job.release}
            : {outcome: 'failed', step: job.step, problem: INTERRUPTED},
        );
        say(
          job.deployment,
          `the ${job.kind} of release ${job.release} was interrupted; ${isSwitched ? 'it serves' : 'the one before serves'}`,
        );
      }
    },
  };
}

function partition<T>(values: readonly T[], belongs: (value: T) => boolean): readonly [T[], T[]] {
  return [values.filter(belongs), values.filter(value => !belongs(value))];
}

const hasServed = (release: ReleaseRecord | undefined): boolean =>
  release?.state === 'current' || release?.state === 'superseded';

const interrupted = (): TakoError => new TakoError(INTERRUPTED.code, INTERRUPTED.message, {hint: INTERRUPTED.hint});

const INTERRUPTED = {
  code: 'DEPLOY_INTERRUPTED',
  message: 'the server was ended while the deploy was under way',
  hint: 'the release before goes on serving; deploy again',
  details: [],
};

function assertNoConflict(state: State, name: DeploymentName, routes: readonly string[]): void {
  const taken = state.routes.conflicts(name, routePatterns(routes));
  if (taken.length > 0) throw routeConflict(taken);
}

/** Requests wait from now on until the function that comes back is called. */
function openGap(deployment: Deployment): () => void {
  const {promise, resolve} = Promise.withResolvers<void>();
  deployment.gap = promise;
  return () => {
    deployment.gap = undefined;
    resolve();
  };
}

const nothingToRollBackTo = ({app, environment}: DeploymentName): TakoError =>
  new TakoError('NOTHING_TO_ROLL_BACK', `${app}/${environment} has no release before the one that serves`, {
    hint: '"tako releases" lists those there are',
  });

const neverServed = ({id}: ReleaseRecord): TakoError =>
  new TakoError('RELEASE_NEVER_SERVED', `release ${id} has never served`, {hint: 'deploy it instead'});
