// One deployment on this server: which release serves, by which instances, and what is known of it.

import {toProblem} from '../../control/protocol.js';
import type {
  DeploymentName,
  DeploymentState,
  DeploymentStatus,
  InstanceSummary,
  JobSummary,
} from '../../control/server-methods.js';
import {ActivationError, type ActivationFailure} from '../../proxy/cold-start.js';
import type {Upstream} from '../../proxy/upstream.js';
import {TakoError} from '../../system/error.js';
import type {Assets} from './assets.js';
import {deploymentKey} from './instance-name.js';
import type {InstanceSet} from './instance-set.js';
import type {LoadedRelease} from './loaded-release.js';
import type {DeployedSecrets} from './secret-vault.js';

/** What is kept of a deployment on disk beside its releases. */
export type DeploymentSettings = {
  /** Instances kept running. 0: one while it is used. */
  readonly scale: number;
  /** Whether it is stopped until somebody starts it. */
  readonly isStopped: boolean;
};

export type DeploymentOptions = {
  readonly name: DeploymentName;
  readonly token: string;
  readonly settings: DeploymentSettings;
  /** In-flight requests of an upstream: the one with the fewest gets the next. */
  readonly inFlightOf: (upstream: Upstream) => number;
  /** Tells of a start that failed. */
  readonly onFailed: (error: unknown) => void;
};

export class Deployment {
  readonly name: DeploymentName;
  readonly key: string;
  readonly token: string;
  settings: DeploymentSettings;
  release: LoadedRelease | undefined;
  set: InstanceSet | undefined;
  /** What its processes get, if it has any. */
  secrets: DeployedSecrets | undefined;
  /** While its processes are followed by others, without a job: a deploy waits for that. */
  renewing: Promise<void> | undefined;
  assets: Assets;
  job: JobSummary | undefined;
  /** Why the last start failed. */
  failure: unknown;
  /** While nothing may be started: what serves and what follows it want the same port. */
  gap: Promise<void> | undefined;
  readonly #options: DeploymentOptions;

  constructor(options: DeploymentOptions) {
    this.#options = options;
    this.name = options.name;
    this.key = deploymentKey(options.name);
    this.token = options.token;
    this.settings = options.settings;
  }

  /** Where the next request goes; undefined when nothing is ready. */
  findUpstream(): Upstream | undefined {
    return this.set?.leastBusy(this.#options.inFlightOf);
  }

  /** Brings it to ready because a request came. What is wrong goes to the log; the client of a public site learns little. */
  async activate(): Promise<Upstream> {
    await this.gap;
    if (this.settings.isStopped) throw notServed('unavailable', 'DEPLOYMENT_STOPPED', 'this app is stopped');
    if (!this.set) throw notServed('unavailable', 'NOTHING_RUNS', 'this app has nothing to run');
    try {
      const upstream = await this.set.wake(this.settings.scale);
      this.failure = undefined;
      return upstream;
    } catch (error) {
      this.failure = error;
      this.#options.onFailed(error);
      if (!(error instanceof TakoError)) throw error;
      const failure = this.settings.scale > 0 ? 'unavailable' : 'failed';
      throw notServed(failure, 'APP_NOT_STARTED', 'the app could not be started', error);
    }
  }

  /** Starts what is to run, and ends what is more than that. What does not start is told, and tried again later, or by a request. */
  async settle(): Promise<void> {
    const {scale, isStopped} = this.settings;
    const set = this.set;
    if (!set) return;
    if (isStopped) return set.shrink(0);
    try {
      // On demand one at most runs, which stops when it is idle.
      await set.shrink(Math.max(scale, 1));
      if (scale > 0) await set.grow(scale);
      this.failure = undefined;
    } catch (error) {
      this.failure = error;
      this.#options.onFailed(error);
      throw error;
    }
  }

  /** Without what its instances use of memory: that is asked for separately. */
  status(): DeploymentStatus {
    return {
      ...this.name,
      state: this.#state(),
      release: this.release?.id ?? null,
      routes: this.release?.manifest.routes ?? [],
      scale: this.settings.scale,
      instances: this.#instances(),
      problem: this.failure === undefined ? null : toProblem(this.failure),
      job: this.job ?? null,
    };
  }

  #state(): DeploymentState {
    if (this.settings.isStopped) return 'stopped';
    if (this.release && !this.set) return 'static';
    if (this.failure !== undefined && this.findUpstream() === undefined) return 'failing';
    return this.settings.scale === 0 ? 'on-demand' : 'running';
  }

  #instances(): readonly InstanceSummary[] {
    return (this.set?.instances() ?? []).flatMap(({number, instance}) => {
      const {state} = instance;
      if (state === 'stopped') return [];
      const pid = 'pid' in instance ? instance.pid : null;
      const startedAt = 'startedAt' in instance ? instance.startedAt : null;
      return {
        number,
        release: this.set?.release.id ?? '',
        state: state === 'restarting' ? 'ready' : state,
        pid,
        startedAt,
        memoryBytes: 0,
      };
    });
  }
}

/** Says no more than a stranger may know. */
const notServed = (failure: ActivationFailure, code: string, message: string, cause?: unknown): ActivationError =>
  new ActivationError(failure, code, message, {cause});
