// The dev daemon, put together: one per user and TAKO_HOME, kept single by a lock. Everything that starts here is closed
// in reverse order, also when a later part fails to start, so a failed start leaves nothing behind.

import {openAuthority} from '../ca/authority.js';
import {authorityFiles} from '../ca/authority-files.js';
import {openLiveAuthority} from '../ca/live-authority.js';
import type {AppStatus} from '../control/events.js';
import {type DaemonInfo, PROTOCOL} from '../control/protocol.js';
import {startControlServer} from '../control/server.js';
import {createGateway, type PortOptions} from '../proxy/gateway.js';
import {upstreamOf} from '../proxy/local-upstream.js';
import {originOf} from '../proxy/request-path.js';
import {CLIENT_SCRIPT_PATH} from '../proxy/reserved-paths.js';
import {openKeyFiles} from '../secrets/keys/key-files.js';
import type {KeyStore} from '../secrets/keys/key-store.js';
import {OUTPUT_LIMITS} from '../supervisor/flood-gate.js';
import {createIdleStop} from '../supervisor/idle-stop.js';
import {maskLog} from '../supervisor/masked-log.js';
import {endOrphans} from '../supervisor/orphans.js';
import {createSupervisor} from '../supervisor/supervisor.js';
import {systemClock} from '../system/clock.js';
import {type Closers, createClosers} from '../system/closers.js';
import {TakoError} from '../system/error.js';
import {ensureFolder} from '../system/files.js';
import {tryLock} from '../system/lock.js';
import {openAppLogs} from './app-logs.js';
import {createAppSecrets} from './app-secrets.js';
import {openAppTrust} from './app-trust.js';
import {createApps} from './apps.js';
import {createCanary} from './canary.js';
import type {DaemonFiles} from './daemon-files.js';
import {createDaemonHandlers} from './daemon-handlers.js';
import {createDashboard} from './dashboard/dashboard.js';
import {DASHBOARD_HOSTS} from './dashboard/hosts.js';
import {startDnsServer} from './dns-server.js';
import {createIdleExit} from './idle-exit.js';
import {createInspector} from './inspector/inspector.js';
import {createDaemonLan} from './lan/daemon-lan.js';
import {createDaemonNames} from './machine/daemon-names.js';
import type {MachineWorld} from './machine/machine-plan.js';
import {type SampledApp, startMemorySampler} from './memory-sampler.js';
import {createNotices} from './notices.js';
import {openRegistry} from './registry.js';
import {projectOf, resolveRegistration} from './resolve-registration.js';
import {createRootDownload} from './root-download.js';
import {startTrafficSampler} from './traffic-sampler.js';

export type DaemonOptions = {
  readonly version: string;
  readonly files: DaemonFiles;
  readonly https: PortOptions;
  readonly http: PortOptions;
  readonly dnsPort: number;
  /** Managed zones, `test` first. */
  readonly zones: readonly string[];
  /** The keys of secrets. Left out: those in files. */
  readonly keys?: KeyStore;
  /** The machine, for how it finds names. */
  readonly world: MachineWorld;
  readonly log: (line: string) => void;
};

export type Daemon = {
  readonly info: DaemonInfo;
  /** Resolves when the daemon has closed, whatever made it. */
  readonly closed: Promise<void>;
  close(): Promise<void>;
};

/** How long a process of a killed predecessor may take to end. */
const ORPHAN_GRACE_MS = 5_000;
/** nodemon and its like take less to start a small app anew. */
const CONNECT_PATIENCE_MS = 5_000;
/** As many lines as explain a failure without burying it. */
const LINES_ON_ERROR_PAGE = 20;

/** Starts the daemon. Throws DAEMON_RUNNING when another holds the lock, or why a part could not start. */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const closers = createClosers();
  try {
    await ensureFolder(options.files.data);
    closers.add(takeLock(options.files.lock));
    return await startParts(options, closers);
  } catch (error) {
    await closers.close();
    throw error;
  }
}

async function startParts(options: DaemonOptions, closers: Closers): Promise<Daemon> {
  const {files, zones, log} = options;
  const logBug = (error: unknown): void => log(`bug: ${error instanceof Error ? error.stack : error}`);
  const registry = openRegistry(files.registry, log);
  closers.add(() => registry.close());
  await endOrphans(registry.instances, ORPHAN_GRACE_MS, systemClock);
  const authority = await openLiveAuthority({
    authority: await openAuthority({folder: files.authority, clock: systemClock, permittedZones: zones}),
    folder: files.authority,
    cacheFolder: files.leaves,
    clock: systemClock,
    onReplaced: ({root}) => log(`the root certificate is another one now: ${root.certificate.fingerprint256}`),
  });
  const {certificates} = authority;
  const appTrust = await openAppTrust({files, root: () => authority.current().root, onError: logBug});

  const logs = await openAppLogs({
    folder: files.logs,
    clock: systemClock,
    registered: () => new Set(registry.apps().map(({name}) => name)),
    onError: error => log(`a log could not be written or read: ${error instanceof Error ? error.message : error}`),
  });
  closers.add(() => logs.close());

  const secrets = createAppSecrets(options.keys ?? openKeyFiles(files.data));
  const supervisor = createSupervisor({
    clock: systemClock,
    records: registry.instances,
    outputLimits: OUTPUT_LIMITS,
    openLog: name => maskLog(logs.open(name), text => secrets.maskOf(name).mask(text)),
    onEvent: ({app, instance}) => {
      apps.observe(app, instance);
      idleStop.observe(app, instance);
    },
    onFailed: (name, error) => apps.startFailed(name, error),
    drain: upstream => gateway.drain(upstreamOf(upstream)),
  });
  closers.add(() => supervisor.close());
  const gateway = await createGateway({
    https: options.https,
    http: options.http,
    certificates,
    defaultServerName: 'localhost',
    activate: name => apps.activate(name),
    findUpstream: name => apps.findUpstream(name),
    connectPatienceMs: CONNECT_PATIENCE_MS,
    coldStartDeadlineMs: name => apps.deadlineOf(name),
    lastLines: name => (apps.has(name) ? apps.logs(name).last(LINES_ON_ERROR_PAGE) : []).map(({text}) => text),
    startOf: name => apps.startOf(name),
    documentScript: name => (apps.reloadsOf(name) === 'pages' ? undefined : CLIENT_SCRIPT_PATH),
    filters: [
      createCanary(process.pid),
      createRootDownload(authorityFiles(files.authority).certificate, zones),
      session => dashboard.filter(session),
    ],
    observe: (session, name) => inspector.observe(session, name),
    onBug: logBug,
  });
  // It closes before the supervisor: a request must not start what is being stopped.
  closers.add(() => gateway.close());
  const inspector = createInspector({
    start: gateway.start,
    maskedNamesOf: name => apps.maskedNamesOf(name),
    maskOf: secrets.maskOf,
  });
  /** The apps that somebody looks at, in a terminal or, where the page is open, on that. */
  const watched = (): readonly AppStatus[] => apps.list().filter(({clients}) => clients > 0 || dashboard.isOpen());
  const traffic = startTrafficSampler({
    watched: () => watched().map(({name}) => name),
    measure: inspector.traffic,
    onChange: name => apps.notify(name),
  });
  closers.add(() => traffic.close());
  const sampler = startMemorySampler(
    () => processesOf(watched()),
    name => apps.notify(name),
  );
  closers.add(() => sampler.close());
  const lan = createDaemonLan(options, {
    gateway,
    certificates,
    root: () => authority.current().root.certificate,
    registrations: () => apps.registrations(),
    onChange: name => apps.notify(name),
    say: (name, text) => void (apps.has(name) && supervisor.logs(name).append('tako', text)),
    onBug: logBug,
  });
  const notices = createNotices();
  const names = createDaemonNames({
    world: options.world,
    zones,
    tell: notices.tell,
    log,
  });
  const apps = createApps({
    supervisor,
    registry,
    httpsPort: () => gateway.https.port,
    trustFor: appTrust.variablesFor,
    secrets,
    onRoutes(routes) {
      gateway.setRoutes(routes);
      lan.update();
      names.update(routes.map(({host}) => host));
      inspector.retain(new Set(routes.map(({app}) => app)));
    },
    memoryOf: sampler.memoryOf,
    lanOf: lan.of,
    trafficOf: traffic.trafficOf,
    publish: gateway.publish,
    async resolve(registration) {
      const {request} = registration;
      await secrets.check(registration);
      return resolveRegistration(request, await projectOf(request), zones);
    },
  });
  closers.add(() => apps.close());
  closers.add(() => lan.close());
  const dashboard = createDashboard({apps, inspector, httpsPort: () => gateway.https.port, onBug: logBug});
  const idleStop = createIdleStop({
    clock: systemClock,
    activityOf(name) {
      const {inFlight, lastActiveAt} = gateway.activity(name);
      return {inFlight, lastActiveAt: Math.max(lastActiveAt, apps.idleOf(name).leftAt)};
    },
    idleTimeoutOf: name => apps.idleOf(name).timeout,
    stop: (name, because) => supervisor.stop(name, because),
  });
  closers.add(() => idleStop.close());
  const dns = await startDnsServer({port: options.dnsPort, zones});
  closers.add(() => dns.close());
  closers.add(names.watch({dnsPort: dns.port, isWatched: notices.isHeard}));

  const startedAt = systemClock.now();
  const info = (): DaemonInfo => ({
    version: options.version,
    protocol: PROTOCOL,
    pid: process.pid,
    startedAt,
    https: gateway.https,
    http: gateway.http,
    dnsPort: dns.port,
    zones,
    home: files.data,
    logFile: files.log,
    rootCertificate: authorityFiles(files.authority).certificate,
    dashboardUrl: originOf(DASHBOARD_HOSTS[0], gateway.https.port),
    apps: apps.list().length,
  });
  const closed = Promise.withResolvers<void>();
  const close = (): Promise<void> => closers.close().finally(closed.resolve);
  let clients = 0;
  const idleExit = createIdleExit(() => clients === 0 && apps.list().length === 0, close);
  closers.add(() => idleExit.close());
  const control = await startControlServer({
    socketPath: files.socket,
    handlers: createDaemonHandlers({apps, logs, inspector, lan, notices, info, shutdown: close}),
    onBug: logBug,
    onClientsChange: count => {
      clients = count;
      idleExit.check();
    },
  });
  closers.add(() => control.close());
  return {info: info(), closed: closed.promise, close};
}

function takeLock(file: string): () => void {
  const lock = tryLock(file);
  if (!lock) throw new TakoError('DAEMON_RUNNING', 'another daemon runs already');
  return () => lock.release();
}

const processesOf = (apps: readonly AppStatus[]): SampledApp[] =>
  apps.flatMap(({name, pid}) => (pid === null ? [] : [{name, pid}]));
