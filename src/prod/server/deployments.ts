// All deployments of this server: what the gateway serves, made of what the state says and the releases on disk.

import {randomBytes} from 'node:crypto';
import type {DeploymentName, DeploymentStatus} from '../../control/server-methods.js';
import type {AppId, Route} from '../../proxy/route-table.js';
import type {Upstream} from '../../proxy/upstream.js';
import type {IdleTimeout} from '../../supervisor/idle-stop.js';
import type {Clock} from '../../system/clock.js';
import {TakoError} from '../../system/error.js';
import type {ReleaseStore} from '../releases/release-store.js';
import {noSuchDeployment} from '../state/deployments.js';
import type {State} from '../state/state.js';
import type {Assets} from './assets.js';
import {Deployment, type DeploymentSettings} from './deployment.js';
import type {ServerProxies} from './front-proxies.js';
import {deploymentKey, parseInstanceName} from './instance-name.js';
import type {InstanceSet} from './instance-set.js';
import type {LaunchPlace} from './launch.js';
import {isRunnable, type LoadedRelease, type RunnableRelease} from './loaded-release.js';
import {routePatterns} from './routes.js';
import type {DeployedSecrets, SecretVault} from './secret-vault.js';
import {createSettleAgain} from './settle-again.js';

export type DeploymentsOptions = {
  readonly clock: Clock;
  readonly state: State;
  readonly releases: ReleaseStore;
  readonly vault: Pick<SecretVault, 'current'>;
  /** The user and folders of a deployment, made where they are not there yet. */
  readonly placeOf: (name: DeploymentName, token: string) => Promise<LaunchPlace>;
  readonly createSet: (release: RunnableRelease, place: LaunchPlace, running: readonly number[]) => InstanceSet;
  /** The files that are served of a release, beside those of the ones before it. */
  readonly loadAssets: (name: DeploymentName, release: LoadedRelease) => Promise<Assets>;
  readonly inFlightOf: (upstream: Upstream) => number;
  readonly onRoutes: (routes: readonly Route[]) => void;
  /** What a release's `source_ip` means on this server. */
  readonly proxies: Pick<ServerProxies, 'of'>;
  /** Told which release of each deployment serves, whenever that changes. */
  readonly onServing: (releases: ReadonlyMap<string, string>) => void;
  /** A line of the server's own in the deployment's log. */
  readonly say: (name: DeploymentName, text: string) => void;
};

export type Deployments = {
  /** Takes up what the state says. `runningOf` tells which instances of a release run already. */
  restore(runningOf: (name: DeploymentName, release: string) => readonly number[]): Promise<void>;
  list(): readonly Deployment[];
  /** Throws NO_SUCH_DEPLOYMENT. */
  find(name: DeploymentName): Deployment;
  /** The deployment, made where there is none. */
  ensure(name: DeploymentName, scale: number): Promise<Deployment>;
  /** Changes what is kept of it beside its releases, on disk and here; `settle` makes it so. */
  configure(deployment: Deployment, change: Partial<DeploymentSettings>): void;
  /** A set for a release that does not serve yet, with the secrets that it is to have. */
  createSet(
    deployment: Deployment,
    release: RunnableRelease,
    secrets: DeployedSecrets | undefined,
  ): Promise<InstanceSet>;
  /** Reads which files of a release are served, before it is switched to. */
  loadAssets(deployment: Deployment, release: LoadedRelease): Promise<Assets>;
  /** Makes a release the one that serves: on disk, then for requests, without anything between. */
  switchTo(deployment: Deployment, next: NextRelease): void;
  /** Has it use these secrets from now on, on disk and here: its processes have them already. */
  keepSecrets(deployment: Deployment, secrets: DeployedSecrets | undefined): void;
  /**
   * Ends its processes, has `erase` delete what is on disk, and forgets it. Where that fails, or is cut, it is there still,
   * stopped, to be removed again.
   */
  remove(name: DeploymentName, erase: () => Promise<void>): Promise<void>;
  statuses(): readonly DeploymentStatus[];
  /** Starts nothing by itself any more. */
  close(): void;
  /** For the gateway. */
  activate(app: AppId): Promise<Upstream>;
  findUpstream(app: AppId): Upstream | undefined;
  assetsOf(app: AppId): Assets;
  /** How long its processes may take to be ready, in milliseconds. */
  readyTimeoutOf(app: AppId): number | undefined;
  /** How long an instance may go unused: for ever, where it is kept running. */
  idleTimeoutOf(instance: string): IdleTimeout;
};

export type NextRelease = {
  readonly release: LoadedRelease;
  readonly set: InstanceSet | undefined;
  readonly assets: Assets;
  readonly secrets: DeployedSecrets | undefined;
};

export function createDeployments(options: DeploymentsOptions): Deployments {
  const {state, releases, placeOf, onRoutes, say} = options;
  const deployments = new Map<string, Deployment>();
  const places = new Map<string, Promise<LaunchPlace>>();
  const removing = new Set<string>();
  const settleAgain = createSettleAgain<Deployment>(options.clock, ({key}) => deployments.has(key));

  function placeFor({name, key, token}: Deployment): Promise<LaunchPlace> {
    const place = places.get(key) ?? placeOf(name, token);
    places.set(key, place);
    place.catch(() => places.delete(key));
    return place;
  }

  function publish(): void {
    const serving = [...deployments.values()].flatMap(({key, release}) =>
      release ? [[key, release.id] as const] : [],
    );
    options.onServing(new Map(serving));
    onRoutes([...deployments.values()].flatMap(deployment => routesOf(deployment, options.proxies)));
  }

  function add(name: DeploymentName, scale: number, isStopped: boolean): Deployment {
    const deployment = new Deployment({
      name,
      token: randomBytes(16).toString('hex'),
      settings: {scale, isStopped},
      inFlightOf: options.inFlightOf,
      onFailed(error) {
        say(name, error instanceof Error ? error.message : String(error));
        settleAgain.failed(deployment);
      },
    });
    deployments.set(deployment.key, deployment);
    return deployment;
  }

  /** A release that cannot be read leaves its deployment without one; the others are served all the same. */
  async function load(deployment: Deployment, id: string, running: readonly number[]): Promise<void> {
    const record = state.releases.find(deployment.name, id);
    if (!record) return;
    const secrets = options.vault.current(deployment.name);
    deployment.secrets = secrets;
    const release = await releases.prepare(record.manifestHash);
    deployment.assets = await options.loadAssets(deployment.name, release);
    if (isRunnable(release)) {
      deployment.set = options.createSet(release, {...(await placeFor(deployment)), secrets}, running);
    }
    deployment.release = release;
  }

  const get = (name: DeploymentName): Deployment | undefined => deployments.get(deploymentKey(name));
  function find(name: DeploymentName): Deployment {
    const found = get(name);
    if (!found) throw noSuchDeployment(name);
    return found;
  }

  function configure(deployment: Deployment, change: Partial<DeploymentSettings>): void {
    const settings = {...deployment.settings, ...change};
    state.deployments.configure(deployment.name, settings);
    deployment.settings = settings;
  }

  return {
    find,
    list: () => [...deployments.values()],
    async restore(runningOf) {
      for (const {app, environment, scale, isStopped, currentRelease} of state.deployments.list()) {
        const deployment = add({app, environment}, scale, isStopped);
        if (currentRelease === null) continue;
        await load(deployment, currentRelease, runningOf(deployment.name, currentRelease)).catch(error => {
          deployment.failure = error;
          say(deployment.name, `release ${currentRelease} cannot be served: ${error.message}`);
        });
      }
      publish();
    },
    async ensure(name, scale) {
      if (removing.has(deploymentKey(name))) throw beingDeleted();
      const kept = state.deployments.ensure(name, scale);
      return get(name) ?? add(name, kept.scale, kept.isStopped);
    },
    configure,
    createSet: async (deployment, release, secrets) =>
      options.createSet(release, {...(await placeFor(deployment)), secrets}, []),
    loadAssets: ({name}, release) => options.loadAssets(name, release),
    switchTo(deployment, {release, set, assets, secrets}) {
      state.together(() => {
        state.switchTo(deployment.name, release.id, routePatterns(release.manifest.routes));
        state.secrets.use(deployment.name, secrets?.digest ?? null);
      });
      Object.assign(deployment, {release, set, assets, secrets, failure: undefined});
      publish();
    },
    keepSecrets(deployment, secrets) {
      state.secrets.use(deployment.name, secrets?.digest ?? null);
      deployment.secrets = secrets;
    },
    async remove(name, erase) {
      const deployment = find(name);
      const {set} = deployment;
      removing.add(deployment.key);
      try {
        configure(deployment, {isStopped: true});
        Object.assign(deployment, {release: undefined, set: undefined, assets: undefined});
        publish();
        await set?.shrink(0);
        await erase();
        deployments.delete(deployment.key);
        places.delete(deployment.key);
        state.together(() => {
          state.deployments.remove(name);
          state.secrets.remove(name);
        });
      } finally {
        removing.delete(deployment.key);
      }
    },
    close: settleAgain.close,
    statuses: () => [...deployments.values()].map(deployment => deployment.status()),
    async activate(app) {
      const deployment = deployments.get(app);
      if (!deployment) throw new TakoError('NO_SUCH_DEPLOYMENT', 'this app is not here any more');
      return deployment.activate();
    },
    findUpstream: app => deployments.get(app)?.findUpstream(),
    assetsOf: app => deployments.get(app)?.assets,
    readyTimeoutOf: app => deployments.get(app)?.set?.release.manifest.process.readyTimeoutMs,
    idleTimeoutOf(instance) {
      const deployment = deployments.get(parseInstanceName(instance)?.deployment ?? '');
      if (!deployment?.set || deployment.settings.scale > 0 || deployment.job) return 'never';
      return deployment.set.release.manifest.process.idleTimeoutMs ?? 'never';
    },
  };
}

/** The host of an app that has no route is served to nobody. */
function routesOf({key, release}: Deployment, proxies: Pick<ServerProxies, 'of'>): readonly Route[] {
  if (release === undefined) return [];
  const {routes, ssl, sourceIp} = release.manifest;
  const behind = proxies.of(sourceIp);
  return routePatterns(routes).map(pattern => ({
    ...pattern,
    app: key,
    takesPlainHttp: ssl === 'off',
    ...(behind && {behind}),
  }));
}

const beingDeleted = (): TakoError =>
  new TakoError('DEPLOY_UNDER_WAY', 'the app is just being deleted', {hint: 'try again when it is over'});
