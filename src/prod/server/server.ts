// The server process: what runs on a server beside the holder, as a user without rights. It is put together here; when
// another follows it, this one finishes its requests and ends, and the apps go on.

import {randomUUID} from 'node:crypto';
import {rm, statfs} from 'node:fs/promises';
import path from 'node:path';
import {type DeploymentName, SERVER_PROTOCOL, type ServerInfo} from '../../control/server-methods.js';
import {createGateway, type Gateway} from '../../proxy/gateway.js';
import {createRouteTable, type Route} from '../../proxy/route-table.js';
import {createIdleStop} from '../../supervisor/idle-stop.js';
import {createSupervisor} from '../../supervisor/supervisor.js';
import type {Clock} from '../../system/clock.js';
import type {AppPlace, Holder, RunningApp} from '../holder/holder-client.js';
import type {ResourceLimits} from '../releases/manifest.js';
import {openReleaseStore} from '../releases/release-store.js';
import {createJobs} from '../rollout/jobs.js';
import {openState} from '../state/state.js';
import {adoptRunning} from './adoption.js';
import {loadReleaseAssets} from './assets.js';
import {createServerCertificates, DEFAULT_SERVER_NAME} from './certificates.js';
import {openControlSocket} from './control-socket.js';
import {createDeploymentLogs} from './deployment-logs.js';
import {createDeployments} from './deployments.js';
import {createDeploys} from './deploys.js';
import {createServerHandlers} from './handlers.js';
import {deploymentKey} from './instance-name.js';
import {createInstanceSet} from './instance-set.js';
import type {LaunchPlace} from './launch.js';
import {runOnce, runReleaseCommand} from './one-off.js';
import {createSuccession} from './succession.js';
import {inheritTicketKeys} from './tickets.js';

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

const NO_LIMITS: ResourceLimits = {memoryBytes: null, processes: null, openFiles: null};

/** For requests in flight when another process follows; WebSockets and streams are cut within it, one after the other. */
const RETIRE_GRACE_MS = 60_000;
/** Hashed files of earlier releases are asked for by pages that are open. */
const PREVIOUS_ASSETS = 3;
/** Beyond the time a start may take, so that who waits for it is told why it failed. */
const DEADLINE_MARGIN_MS = 10_000;
const DEFAULT_DEADLINE_MS = 40_000;

/** Takes over from the process before, if there is one. Rejects, before it has changed anything, where it could not serve. */
export async function startServer({root, holder, version, clock, log}: ServerOptions): Promise<Server> {
  const startedAt = clock.now();
  const owner = randomUUID();
  const state = openState(path.join(root, 'state', 'server.sqlite'));
  const releases = await openReleaseStore({root, clock});
  const logBug = (error: unknown): void => log(`bug: ${error instanceof Error ? error.stack : error}`);

  const places = new Map<string, AppPlace>();
  /** By `shop/production@<release>`. */
  const limitsOf = new Map<string, ResourceLimits>();
  const supervisor = createSupervisor({
    clock,
    spawn: (spec, instanceId) => spawn(spec, instanceId),
    onEvent({app, instance}) {
      logs.follow(app);
      idleStop.observe(app, instance);
    },
  });
  const logs = createDeploymentLogs({folder: path.join(root, 'logs'), clock, supervisor, onError: logBug});

  /** Each instance has its own control group: its limits are its own. */
  async function spawn(spec: Parameters<Holder['spawnApp']>[0], instanceId: string) {
    logs.follow(spec.app);
    const key = spec.app.slice(0, spec.app.indexOf('@'));
    const user = places.get(key)?.user;
    const limits = limitsOf.get(spec.app.split('#', 1)[0] ?? '') ?? NO_LIMITS;
    const isolation = {uid: user?.uid, gid: user?.gid, cgroup: `app-${instanceId}`, limits};
    return holder.spawnApp(spec, instanceId, isolation);
  }

  async function placeOf(name: DeploymentName, token: string): Promise<LaunchPlace> {
    const key = deploymentKey(name);
    const place = await holder.prepare(key);
    places.set(key, place);
    return {deployment: key, dataFolder: place.dataFolder, runtimeFile: () => process.execPath, token};
  }

  let table = createRouteTable([]);
  const setRoutes = (routes: readonly Route[]): void => {
    table = createRouteTable(routes);
    gateway?.setRoutes(routes);
  };
  let gateway: Gateway | undefined;
  const deployments = createDeployments({
    state,
    releases,
    placeOf,
    createSet(release, place, running) {
      limitsOf.set(`${place.deployment}@${release.id}`, release.manifest.process.limits);
      return createInstanceSet({
        release,
        place,
        supervisor,
        running,
        drain: async (upstream, graceMs) => gateway?.drain(upstream, graceMs),
      });
    },
    async loadAssets(name, release) {
      const earlier = state.releases.list(name).filter(({id, state: was}) => id !== release.id && was === 'superseded');
      const found = await Promise.all(earlier.slice(0, PREVIOUS_ASSETS).map(({id}) => releases.find(name, id)));
      return loadReleaseAssets(
        release,
        found.filter(one => one !== undefined),
      );
    },
    inFlightOf: upstream => gateway?.inFlightOn(upstream) ?? 0,
    memoryOf: () => null,
    onRoutes: setRoutes,
    say: logs.say,
  });
  const idleStop = createIdleStop({
    clock,
    activityOf: app => gateway?.activity(app.slice(0, app.indexOf('@'))) ?? {inFlight: 1, lastActiveAt: clock.now()},
    idleTimeoutOf: app => deployments.idleTimeoutOf(app),
    stop: (app, because) => supervisor.stop(app, because),
  });
  const jobs = createJobs({journal: state.jobs, owner, clock});
  const world = {clock, spawn};
  const deploys = createDeploys({
    state,
    releases,
    deployments,
    jobs,
    owner,
    clock,
    say: logs.say,
    async runReleaseCommand({name, token}, release, onLine, signal) {
      const place = await placeOf(name, token);
      await runReleaseCommand({release, place, signal, onLine: (_, text) => onLine(text)}, world);
    },
  });

  // From here on this is the server: the one before does nothing any more but finish.
  const running: readonly RunningApp[] = await holder.ready();
  deploys.recover();
  const adopted = adoptRunning(running, state);
  await deployments.restore(adopted.numbersOf);
  await adopted.take({supervisor, deployments, clock});
  const succession = createSuccession({deployments, controlSocket: path.join(root, 'run', 'control.sock')});
  gateway = await createGateway({
    https: {port: portOf(holder, 'https'), sockets: fdsOf(holder, 'https')},
    http: {port: portOf(holder, 'http'), sockets: fdsOf(holder, 'http')},
    certificates: createServerCertificates({
      filesFolder: path.join(root, 'certificates'),
      selfSignedFolder: path.join(root, 'state', 'self-signed'),
      clock,
      isServed: host => table.match(host, '/') !== undefined || table.routes.some(route => route.host === host),
      onProblem: log,
    }),
    defaultServerName: DEFAULT_SERVER_NAME,
    ticketKeys: inheritTicketKeys(holder, clock.now),
    activate: succession.activate,
    findUpstream: succession.findUpstream,
    coldStartDeadlineMs: app => (deployments.readyTimeoutOf(app) ?? DEFAULT_DEADLINE_MS) + DEADLINE_MARGIN_MS,
    routeFilter: (session, route) => deployments.assetsOf(route.app)?.answer(session, route) ?? false,
    onBug: logBug,
  });
  gateway.setRoutes(table.routes);
  const info = (): ServerInfo => ({
    version,
    protocol: SERVER_PROTOCOL,
    pid: process.pid,
    startedAt,
    now: clock.now(),
    httpPort: portOf(holder, 'http'),
    httpsPort: portOf(holder, 'https'),
    nodeVersion: process.versions.node,
    isIsolated: holder.isIsolated,
    limitsBy: holder.limitsBy,
    platform: {os: 'linux', cpu: process.arch === 'arm64' ? 'arm64' : 'x64', libc: libcOf()},
  });
  const control = await openControlSocket({
    path: path.join(root, 'run', 'control.sock'),
    onBug: logBug,
    receiver: {
      object: (content, {sha256, size, isExecutable}) => releases.objects.put(content, sha256, size, isExecutable),
      manifest: async bytes => void (await releases.manifests.add(bytes)),
      patch: async bytes => void (await releases.manifests.addPatch(bytes)),
    },
    handlers: createServerHandlers({
      state,
      releases,
      deployments,
      deploys,
      jobs,
      info,
      logOf: logs.of,
      async exec({name, token, release}, command, onLine, signal) {
        if (!release) throw new Error('nothing is deployed');
        return runOnce({command, release, place: await placeOf(name, token), onLine, signal}, world);
      },
      async erase({app, environment}) {
        await logs.forget({app, environment});
        await holder.eraseData(`${app}/${environment}`);
        await releases.prune({app, environment}, new Set());
        await rm(path.join(root, 'logs', app, environment), {recursive: true, force: true});
        await releases.collect(state.releases.manifests());
      },
      reload: holder.reload,
      shutdown: holder.shutdown,
      freeBytes: async () => {
        const {bavail, bsize} = await statfs(root);
        return bavail * bsize;
      },
    }),
  });
  log(
    `tako ${version}, pid ${process.pid}: https ${info().httpsPort}, http ${info().httpPort}, ${table.routes.length} routes`,
  );
  // What is to run and does not is started behind that: a request would start it too.
  for (const deployment of deployments.list()) deployment.settle().catch(() => undefined);

  const ended = Promise.withResolvers<void>();
  holder.onDrain(() => {
    succession.begin();
    idleStop.close();
    void Promise.all([gateway?.retire(RETIRE_GRACE_MS), logs.close()])
      .then(() => control.close())
      .then(() => state.close())
      .then(ended.resolve, ended.reject);
  });
  return {ended: ended.promise};
}

const portOf = (holder: Holder, name: string): number => holder.sockets[name]?.[0]?.port ?? 0;
const fdsOf = (holder: Holder, name: string): readonly number[] => (holder.sockets[name] ?? []).map(({fd}) => fd);

/** Node says which C library it runs on only where that is glibc. */
const libcOf = (): 'glibc' | 'musl' =>
  (process.report.getReport() as {header: {glibcVersionRuntime?: string}}).header.glibcVersionRuntime
    ? 'glibc'
    : 'musl';
