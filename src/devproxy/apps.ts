// The registered apps: what each is called, where it is served, and its process. All that the control socket and the
// gateway know of an app they know from here.

import type {AppStatus} from '../control/events.js';
import type {Registration} from '../control/protocol.js';
import {upstreamOf} from '../proxy/local-upstream.js';
import type {PageEvent} from '../proxy/page-events.js';
import type {Route} from '../proxy/route-table.js';
import type {StartProgress} from '../proxy/start-page.js';
import type {Upstream} from '../proxy/upstream.js';
import type {Instance, Serving} from '../supervisor/instance.js';
import type {LaunchSpec} from '../supervisor/launch-spec.js';
import type {LogBuffer} from '../supervisor/log-buffer.js';
import {SHOWN_LINES, StartError} from '../supervisor/start-error.js';
import type {Supervisor} from '../supervisor/supervisor.js';
import {assertNoConflict, assertSameProject, dependencyFailed, toActivationError, unknownApp} from './app-errors.js';
import {createAppFollowers} from './app-followers.js';
import {launchSpecOf, mustRestart} from './app-launch.js';
import {outputOf} from './app-output.js';
import {createAppProblems} from './app-problems.js';
import {describeInstance, renderAppStatus, routesOf} from './app-status.js';
import {createAppWatches, type WatchedParts} from './app-watches.js';
import {dependenciesOf} from './dependencies.js';
import {createRegisteredApp, type RegisteredApp} from './registered-app.js';
import type {Registry} from './registry.js';

export type Apps = {
  /** Adds an app, or updates the one of that name; a running one restarts only when its command changed. */
  register(registration: Registration): Promise<AppStatus>;
  /** Stops the process and forgets the app. */
  remove(name: string): Promise<AppStatus>;
  /** Starts an app that does not run, those that it depends on first, and resolves when it is ready. */
  start(name: string): Promise<AppStatus>;
  /** Reads its project again, then has a new process follow the one that runs. */
  restart(name: string): Promise<AppStatus>;
  list(): readonly AppStatus[];
  status(name: string): AppStatus;
  logs(name: string): LogBuffer;
  /** Whether there is anything to follow: also while a removed app is being stopped. */
  has(name: string): boolean;
  /** How long a request may wait for the app, in milliseconds: longer than a start may take, so that it is told why. */
  deadlineOf(name: string): number;
  /** For the gateway. */
  activate(name: string): Promise<Upstream>;
  findUpstream(name: string): Upstream | undefined;
  startOf(name: string): StartProgress | undefined;
  /** What of an edit the app applies by itself. */
  reloadsOf(name: string): Registration['reloads'] | undefined;
  /** How long it may go unused, and since when nobody has looked at it. */
  idleOf(name: string): {readonly timeout: number | 'never'; readonly leftAt: number};
  /** To be told every transition of every app. */
  observe(name: string, instance: Instance): void;
  /** To be told each start that failed. */
  startFailed(name: string, error: unknown): void;
  /** Calls the listener when anything of an app changes, until the returned function is called. */
  subscribe(name: string, listener: () => void): () => void;
  /** Tells the listeners of an app that it changed. */
  notify(name: string): void;
  /** Watches and reads no files any more. */
  close(): Promise<void>;
};

export type AppsOptions = {
  readonly supervisor: Supervisor;
  readonly registry: Registry;
  readonly httpsPort: () => number;
  readonly onRoutes: (routes: readonly Route[]) => void;
  readonly memoryOf: (name: string) => number | null;
  /** Tells open pages of the app. */
  readonly publish: (name: string, event: PageEvent) => void;
  /** Reads the project of an app again. Rejects with what is wrong with it. */
  readonly resolve: (registration: Registration) => Promise<Registration>;
};

/** For the old process to end and the new one to be spawned. */
const DEADLINE_MARGIN_MS = 10_000;

/** Takes up what the registry knows; nothing runs until it is asked for. */
export function createApps(options: AppsOptions): Apps {
  const {supervisor, registry, httpsPort, onRoutes, memoryOf, publish, resolve} = options;
  const apps = new Map(registry.apps().map(registration => [registration.name, createRegisteredApp(registration)]));
  // On their way out: not served and not started any more, but followed until their last line of output.
  const leaving = new Map<string, RegisteredApp>();
  const followers = createAppFollowers(Date.now);
  const problems = createAppProblems({supervisor, publish, onChange: notify});
  const watches = createAppWatches({
    onProject,
    onSource,
    onProblem: (name, message) => say(name, message),
  });
  const registrations = (): Registration[] => [...apps.values()].map(({registration}) => registration);
  const publishRoutes = (): void => onRoutes(registrations().flatMap(routesOf));
  const say = (name: string, text: string): void => void supervisor.logs(name).append('tako', text);
  const stateOf = (name: string): Instance['state'] => supervisor.instance(name).state;
  const isRunning = (name: string): boolean => RUNNING.has(stateOf(name));

  function notify(name: string): void {
    const app = apps.get(name);
    if (app) watches.update(app.registration, watchedPartsOf(app));
    followers.tell(name);
  }

  /** The source matters while a change of it would do something. */
  function watchedPartsOf({registration: {name, reloads}}: RegisteredApp): WatchedParts {
    const isFailed = problems.hasFailed(name) || stateOf(name) === 'exited';
    return {project: true, source: isFailed || (reloads !== 'pages' && isRunning(name))};
  }

  function find(name: string): RegisteredApp {
    const app = apps.get(name);
    if (!app) throw unknownApp(name, [...apps.keys()]);
    return app;
  }

  const specOf = ({registration, token}: RegisteredApp): LaunchSpec =>
    launchSpecOf(registration, {token, others: registrations(), httpsPort: httpsPort()});

  type Served = Awaited<ReturnType<Supervisor['start']>>;

  /** Begins when its project has been read and those it depends on are ready, unless it was removed meanwhile. */
  async function launch(app: RegisteredApp, begin: () => Promise<Served>): Promise<Served> {
    await app.reading;
    const {name, dependsOn} = app.registration;
    if (dependsOn.length > 0) {
      await startDependencies(app).catch(error => {
        if (apps.get(name) === app) problems.startFailed(name, error);
        throw error;
      });
    }
    if (apps.get(name) !== app) throw new StartError(specOf(app), {outcome: 'cancelled'});
    return begin();
  }

  async function startDependencies(app: RegisteredApp): Promise<void> {
    const names = dependenciesOf(app.registration, registrations());
    const startOne = (name: string): Promise<unknown> =>
      start(find(name)).catch(error => Promise.reject(dependencyFailed(error, name, app.registration.name)));
    await Promise.all(names.map(startOne));
  }

  /** One that runs, or is about to, has what it depends on. */
  async function start(app: RegisteredApp): Promise<Served> {
    const begin = (): Promise<Served> => supervisor.start(specOf(app));
    return isRunning(app.registration.name) ? begin() : launch(app, begin);
  }

  async function restart(app: RegisteredApp, because?: string): Promise<Served> {
    await readAgain(app);
    return launch(app, () => supervisor.restart(specOf(app), undefined, because));
  }

  const restartBehind = (app: RegisteredApp): void => void restart(app, 'its settings changed').catch(() => undefined);

  function onSource(name: string, files: readonly string[]): void {
    const app = apps.get(name);
    if (!app) return;
    const {reloads} = app.registration;
    if (!isRunning(name) || reloads === 'nothing') {
      restart(app, describeChange(files)).catch(() => undefined);
    } else if (reloads === 'server') {
      publish(name, {type: 'reload'});
    }
  }

  async function onProject(name: string): Promise<void> {
    const app = apps.get(name);
    if (app && (await readAgain(app))) restartBehind(app);
  }

  /**
   * Takes up what its project says now; what cannot be used changes nothing, and what is wrong is told. Whether a process
   * that runs is behind it.
   */
  function readAgain(app: RegisteredApp): Promise<boolean> {
    const isBehind = app.reading.then(() => readOnce(app));
    app.reading = isBehind;
    return isBehind;
  }

  async function readOnce(app: RegisteredApp): Promise<boolean> {
    const before = app.registration;
    const {name} = before;
    const isCurrent = (): boolean => apps.get(name) === app;
    let isBehind = false;
    try {
      const registration = await resolve(before);
      // A terminal that registered it meanwhile has read something newer.
      if (!isCurrent() || app.registration !== before) return false;
      assertNoConflict(registration, registrations());
      isBehind = apply(app, registration);
      problems.projectAccepted(name);
    } catch (error) {
      if (isCurrent()) problems.projectRefused(name, error);
    }
    notify(name);
    return isBehind;
  }

  /** Whether a process that runs has not taken up all of it. */
  function apply(app: RegisteredApp, registration: Registration): boolean {
    const before = app.registration;
    const {name} = registration;
    if (JSON.stringify(before) === JSON.stringify(registration)) return false;
    // On disk first: what cannot be kept is not served either.
    registry.save(registration);
    app.registration = registration;
    publishRoutes();
    if (before.routes.join() !== registration.routes.join()) say(name, `routes: ${registration.routes.join(', ')}`);
    return isRunning(name) && mustRestart(before, registration);
  }

  /** What cannot be forgotten (a full disk) is stopped all the same, and stays registered. */
  function forget(app: RegisteredApp): void {
    const {name} = app.registration;
    try {
      registry.remove(name);
    } catch (error) {
      apps.set(name, app);
      publishRoutes();
      notify(name);
      throw error;
    }
  }

  const status = (name: string): AppStatus => {
    const {registration} = leaving.get(name) ?? find(name);
    return renderAppStatus(registration, supervisor.instance(name), {
      httpsPort: httpsPort(),
      memoryBytes: memoryOf(name),
      clients: followers.count(name),
      problem: problems.of(name),
    });
  };

  publishRoutes();
  for (const [name, app] of apps) {
    notify(name);
    // Nobody looked at its project while no daemon ran.
    void readAgain(app);
  }
  return {
    async register(registration) {
      const {name} = registration;
      const known = apps.get(name);
      if (known) assertSameProject(known.registration, registration);
      assertNoConflict(registration, registrations());
      if (known) {
        if (apply(known, registration)) restartBehind(known);
        problems.projectAccepted(name);
      } else {
        registry.save(registration);
        problems.forget(name);
        apps.set(name, createRegisteredApp(registration));
        publishRoutes();
      }
      notify(name);
      return status(name);
    },
    async remove(name) {
      const app = find(name);
      const last = {...status(name), ...NOT_RUNNING};
      // Unknown to the gateway first, so that no request wakes it while it stops.
      apps.delete(name);
      watches.forget(name);
      leaving.set(name, app);
      publishRoutes();
      await supervisor.stop(name).finally(() => leaving.delete(name));
      if (!apps.has(name)) forget(app);
      // Registered again meanwhile, it may run again already.
      if (!apps.has(name)) {
        problems.forget(name);
        await supervisor.forget(name);
      }
      notify(name);
      return last;
    },
    async start(name) {
      await start(find(name));
      return status(name);
    },
    async restart(name) {
      await restart(find(name));
      return status(name);
    },
    list: () => [...apps.keys()].map(status),
    status,
    logs: name => supervisor.logs((leaving.get(name) ?? find(name)).registration.name),
    has: name => apps.has(name) || leaving.has(name),
    deadlineOf(name) {
      const app = apps.get(name);
      if (!app) return DEADLINE_MARGIN_MS;
      const {readyTimeoutMs, dependsOn} = app.registration;
      const others = dependsOn.length === 0 ? 0 : Math.max(...registrations().map(other => other.readyTimeoutMs));
      return readyTimeoutMs + others + DEADLINE_MARGIN_MS;
    },
    async activate(name) {
      try {
        return upstreamOf(await start(find(name)));
      } catch (error) {
        throw toActivationError(error, name);
      }
    },
    findUpstream(name) {
      const serving = supervisor.serving(name);
      return serving && upstreamOf(serving);
    },
    startOf(name) {
      const progress = describeInstance(supervisor.instance(name));
      return progress && {...progress, lastLines: outputOf(supervisor.logs(name)).slice(-SHOWN_LINES)};
    },
    reloadsOf: name => apps.get(name)?.registration.reloads,
    idleOf(name) {
      const timeout = followers.count(name) > 0 ? null : (apps.get(name)?.registration.idleTimeoutMs ?? null);
      return {timeout: timeout ?? 'never', leftAt: followers.leftAt(name)};
    },
    observe(name, instance) {
      const app = apps.get(name);
      if (app) observe(app, instance);
      notify(name);
    },
    startFailed(name, error) {
      if (apps.has(name)) problems.startFailed(name, error);
    },
    subscribe: followers.add,
    notify,
    async close() {
      await watches.close();
      await Promise.all([...apps.values()].map(({reading}) => reading));
    },
  };

  function observe(app: RegisteredApp, instance: Instance): void {
    const {name} = app.registration;
    if (instance.state === 'starting' || instance.state === 'restarting') {
      problems.started(name);
    } else if (instance.state === 'ready') {
      if (hasNewCode(app, instance)) publish(name, {type: 'reload'});
      app.servedBy = instance;
    } else if ('crashes' in instance && instance.crashes > 0) {
      void problems.explainEnd(specOf(app), instance);
    }
  }
}

/** Whether another process serves now, or the same one listens anew, as one does that its own watcher runs. */
function hasNewCode({servedBy, registration}: RegisteredApp, {pid, endpoint}: Serving): boolean {
  if (servedBy === undefined) return false;
  return pid !== servedBy.pid || (registration.reloads === 'server' && endpoint !== servedBy.endpoint);
}

const RUNNING: ReadonlySet<Instance['state']> = new Set(['starting', 'ready', 'restarting', 'backing-off']);

const NOT_RUNNING = {state: 'stopped', pid: null, port: null, startedAt: null, memoryBytes: null} as const;

/** The end of a sentence: `src/app.js changed`, `src/app.js and 3 other files changed`. */
function describeChange(files: readonly string[]): string {
  const [first = ''] = files;
  if (files.length === 1) return `${first} changed`;
  return `${first} and ${files.length === 2 ? 'another file' : `${files.length - 1} other files`} changed`;
}
