// The server process: what runs on a server beside the holder, as a user without rights. It is put together here; when
// another follows it, this one finishes its requests and ends, and the apps go on.

import {randomUUID} from 'node:crypto';
import path from 'node:path';
import type {DeploymentName} from '../../control/server-methods.js';
import type {Gateway} from '../../proxy/gateway.js';
import {upstreamOf} from '../../proxy/local-upstream.js';
import type {Upstream} from '../../proxy/upstream.js';
import {createIdleStop} from '../../supervisor/idle-stop.js';
import {createLogBuffer} from '../../supervisor/log-buffer.js';
import {maskLog} from '../../supervisor/masked-log.js';
import {within} from '../../supervisor/race.js';
import {createSupervisor, type Supervisor} from '../../supervisor/supervisor.js';
import type {Clock} from '../../system/clock.js';
import type {Holder} from '../holder/holder-client.js';
import {openReleaseStore, type ReleaseStore} from '../releases/release-store.js';
import {createJobs, type Jobs} from '../rollout/jobs.js';
import type {ReleaseRecord} from '../state/releases.js';
import {openState, type State} from '../state/state.js';
import {adoptRunning} from './adoption.js';
import {createAppSpawner} from './app-spawner.js';
import {type Assets, loadReleaseAssets} from './assets.js';
import {type ControlSocket, openControlSocket} from './control-socket.js';
import {createDeploymentLogs, type DeploymentLogs} from './deployment-logs.js';
import {createDeployments, type Deployments} from './deployments.js';
import {createDeploys} from './deploys.js';
import {createDiskCalls} from './disk-calls.js';
import {createExecs, type Execs} from './execs.js';
import {createServerProxies} from './front-proxies.js';
import {type GarbageCollection, startGarbageCollection} from './garbage.js';
import {createServerHandlers} from './handlers.js';
import {createInstanceSet} from './instance-set.js';
import type {LoadedRelease} from './loaded-release.js';
import {runReleaseCommand} from './one-off.js';
import {openSecretVault} from './secret-vault.js';
import {assertServable, leaveServing} from './servable.js';
import {createGatewayCertificates, createLiveRoutes, openServerGateway} from './server-gateway.js';
import {createServerInfo} from './server-info.js';
import {readServerSettings} from './server-settings.js';
import {createSuccession} from './succession.js';

export type ServerOptions = {
  /** The installation's folder. */
  readonly root: string;
  readonly holder: Holder;
  readonly version: string;
  readonly clock: Clock;
  /** A line of the server's own log. */
  readonly log: (text: string) => void;
};

export type Server = {
  /** Resolves when another has followed it, or all of it was told to end, and its requests are done. */
  readonly ended: Promise<void>;
};

/** Of WebSockets and streams when another process follows: they are cut one after the other in the second half of it. */
const RETIRE_GRACE_MS = 60_000;
/** Of the time that is left for finishing, what requests may use: what comes behind them is done in the rest. */
const RETIRE_SHARE = 0.9;
/** The same for commands of `tako exec`, which get a grace period behind it: 4 of 5 minutes. */
const EXEC_SHARE = 0.8;
/** For requests in flight at an instance that is to end: an upload may take so long. */
const REQUESTS_MS = 60_000;
/** Releases before the current one whose hashed files are served at most, however long their window is. */
const MAX_PREVIOUS_ASSETS = 10;

/** Takes over from the process before, if there is one. Rejects, before it has changed anything, where it could not serve. */
export async function startServer(options: ServerOptions): Promise<Server> {
  const {root, holder, version, clock, log} = options;
  const onBug = (error: unknown): void => log(`bug: ${error instanceof Error ? error.stack : error}`);
  const state = openState(path.join(root, 'state', 'server.sqlite'));
  const releases = await openReleaseStore({root, clock});
  const vault = await openSecretVault({folder: path.join(root, 'state'), state, clock});
  await assertServable(holder, state, releases);
  const {trustedProxies} = await readServerSettings(root);
  const proxies = createServerProxies(trustedProxies);
  const info = createServerInfo({holder, version, clock});
  let gateway: Gateway | undefined;
  const routes = createLiveRoutes(() => gateway);
  const spawner = createAppSpawner(holder);
  const supervisor: Supervisor = createSupervisor({
    clock,
    spawn(spec, instanceId) {
      logs.follow(spec.app);
      return spawner.spawn(spec, instanceId);
    },
    openLog: app => maskLog(createLogBuffer(clock), text => vault.maskOf(app.split('@', 1)[0] ?? '').mask(text)),
    drain: async (upstream, graceMs) => gateway?.drain(upstreamOf(upstream), graceMs),
    onEvent({app, instance}) {
      logs.follow(app);
      idleStop.observe(app, instance);
    },
  });
  const drain = async (upstream: Upstream, graceMs: number): Promise<void> =>
    void (await within(REQUESTS_MS, clock, async () => gateway?.drain(upstream, graceMs)));
  const logs = createDeploymentLogs({folder: path.join(root, 'logs'), clock, supervisor, onError: onBug});
  const deployments = createDeployments({
    clock,
    state,
    releases,
    vault,
    placeOf: spawner.placeOf,
    createSet(release, place, running) {
      spawner.setLimits(place.deployment, release);
      return createInstanceSet({release, place, supervisor, running, drain});
    },
    loadAssets: (name, release) => loadAssets(name, release, {state, releases, clock}),
    inFlightOf: upstream => gateway?.inFlightOn(upstream) ?? 0,
    onRoutes: routes.set,
    proxies,
    onServing: serving => leaveServing(holder, serving),
    say: logs.say,
  });
  const idleStop = createIdleStop({
    clock,
    // Before there is a gateway, nothing is known to be idle.
    activityOf: app => gateway?.activity(app.split('@', 1)[0] ?? '') ?? {inFlight: 1, lastActiveAt: clock.now()},
    idleTimeoutOf: deployments.idleTimeoutOf,
    stop: supervisor.stop,
  });
  const owner = randomUUID();
  const jobs = createJobs({journal: state.jobs, owner, clock});
  const world = {clock, spawn: spawner.spawnOnce};
  const execs = createExecs(spawner, world);
  const reload = createReload(holder, jobs);
  const deploys = createDeploys({
    ...{state, releases, deployments, vault, jobs, proxies, owner, clock, say: logs.say},
    async runReleaseCommand({name, token}, release, {secrets, onLine, signal}) {
      const place = {...(await spawner.placeOf(name, token)), secrets};
      spawner.setLimits(place.deployment, release);
      await runReleaseCommand({release, place, signal, onLine: (_, text) => onLine(text)}, world);
    },
  });

  // From here on this is the server: the one before does nothing any more but finish.
  const adoption = adoptRunning(await holder.ready(), state);
  await deploys.recover();
  await deployments.restore(adoption.numbersOf);
  await adoption.take({supervisor, deployments, clock});
  const controlSocket = path.join(root, 'run', 'control.sock');
  const succession = createSuccession({deployments, controlSocket, pid: process.pid, clock});
  const certificates = createGatewayCertificates({root, clock, table: routes.table, log});
  gateway = await openServerGateway({
    ...{holder, clock, deployments, succession, trustedProxies, certificates, onBug},
    table: routes.table,
  });
  const control = await openControlSocket({
    path: controlSocket,
    onBug,
    receiver: {
      object: (content, {sha256, size, isExecutable}) => releases.objects.put(content, sha256, size, isExecutable),
      manifest: async bytes => void (await releases.manifests.add(bytes)),
      patch: async bytes => void (await releases.manifests.addPatch(bytes)),
    },
    handlers: createServerHandlers({
      ...{state, releases, deployments, vault, deploys, jobs, info},
      ...createDiskCalls({root, holder, state, releases, logs, certificates}),
      logOf: logs.of,
      exec: execs.run,
      reload,
      shutdown: holder.shutdown,
    }),
  });
  const {httpPort, httpsPort} = info();
  log(
    `tako ${version}, pid ${process.pid}: https ${httpsPort}, http ${httpPort}, ${routes.table().routes.length} routes`,
  );
  startWanted(deployments);
  const garbage = startGarbageCollection({root, state, releases, clock, log});

  const ended = Promise.withResolvers<void>();
  holder.onFollowed(async () => {
    succession.follow();
    idleStop.close();
    deployments.close();
    await Promise.all([logs.close(), garbage.close()]);
  });
  holder.onReloadWanted(reload);
  holder.onLeave(
    async (endpoint, graceMs) =>
      void (await within(REQUESTS_MS, clock, async () => gateway?.drainAt(endpoint, graceMs))),
  );
  holder.onDrain(timeoutMs => {
    succession.retire();
    idleStop.close();
    deployments.close();
    finish({gateway, logs, control, state, execs, garbage}, timeoutMs).then(ended.resolve, ended.reject);
  });
  holder.accepting();
  return {ended: ended.promise};
}

/** What is to run and does not is started; a request would start it too, and what fails is in its log. */
function startWanted(deployments: Deployments): void {
  for (const deployment of deployments.list()) deployment.settle().catch(() => undefined);
}

type Finishing = {
  readonly gateway: Gateway | undefined;
  readonly logs: DeploymentLogs;
  readonly control: ControlSocket;
  readonly state: State;
  readonly execs: Execs;
  readonly garbage: GarbageCollection;
};

/** Another is the server now: what came here is finished here. */
async function finish({gateway, logs, control, state, execs, garbage}: Finishing, timeoutMs: number): Promise<void> {
  const requestsMs = timeoutMs * RETIRE_SHARE;
  execs.endAfter(timeoutMs * EXEC_SHARE);
  await Promise.all([
    gateway?.retire(Math.min(RETIRE_GRACE_MS, requestsMs), requestsMs),
    logs.close(),
    garbage.close(),
  ]);
  await control.close(requestsMs);
  state.close();
}

/** Of releases that served, last deployed first, those that did so after that time: until the next one was deployed. */
function servedSince(releases: readonly ReleaseRecord[], time: number): readonly ReleaseRecord[] {
  const served = releases.filter(({state}) => state === 'current' || state === 'superseded');
  return served.filter((_, index) => (served[index - 1]?.deployedAt ?? Number.POSITIVE_INFINITY) >= time);
}

type Stores = {readonly state: State; readonly releases: ReleaseStore};

/** Pages of the releases before may be open for a while yet, and ask for their files. */
async function loadAssets(
  name: DeploymentName,
  release: LoadedRelease,
  {state, releases, clock}: Stores & {readonly clock: Clock},
): Promise<Assets> {
  const since = clock.now() - release.manifest.settings.assetsWindowMs;
  const earlier = servedSince(state.releases.list(name), since).filter(({id}) => id !== release.id);
  // One that cannot be read any more keeps no other from serving.
  const findEarlier = (id: string) => releases.find(name, id).catch(() => undefined);
  const found = await Promise.all(earlier.slice(0, MAX_PREVIOUS_ASSETS).map(({id}) => findEarlier(id)));
  return loadReleaseAssets(
    release,
    found.filter(one => one !== undefined),
  );
}

/** Refused while a deploy is under way, whoever asks for it: the next process would have to give the deploy up. */
function createReload(holder: Holder, jobs: Jobs): () => Promise<{readonly pid: number}> {
  return async () => {
    const release = jobs.hold();
    // Where it succeeds, this process begins no job any more.
    return holder.reload().catch(error => {
      release();
      throw error;
    });
  };
}
