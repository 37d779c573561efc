// The registered apps: what each is called, where it is served, and its process. All that the control socket and the
// gateway know of an app they know from here.

import type {AppStatus, LanAddress} from '../control/events.js';
import type {Traffic} from '../control/exchanges.js';
import type {LeaveEvent, Registration} from '../control/protocol.js';
import type {PageEvent} from '../proxy/page-events.js';
import type {Route} from '../proxy/route-table.js';
import type {Instance, Serving} from '../supervisor/instance.js';
import type {LaunchSpec} from '../supervisor/launch-spec.js';
import type {LogBuffer} from '../supervisor/log-buffer.js';
import type {Supervisor} from '../supervisor/supervisor.js';
import {type AppAccess, createAppAccess} from './app-access.js';
import {assertNoConflict, assertSameProject, unknownApp} from './app-errors.js';
import {createAppFollowers} from './app-followers.js';
import {type LaunchFacts, launchSpecOf, mustRestart} from './app-launch.js';
import {createAppProblems} from './app-problems.js';
import type {AppSecrets} from './app-secrets.js';
import {createAppStarts} from './app-starts.js';
import {renderAppStatus, routesOf} from './app-status.js';
import {createAppUsers} from './app-users.js';
import {
  decideBrought,
  decideLeave,
  type Origin,
  originOf,
  strongerOrigin,
  type WantedApp,
  withOrigin,
} from './app-wants.js';
import {createAppWatches, type WatchedParts} from './app-watches.js';
import {knownDependenciesOf} from './dependencies.js';
import {createProjectReadings} from './project-readings.js';
import {createRegisteredApp, type RegisteredApp} from './registered-app.js';
import type {Registry} from './registry.js';

export type Apps = AppAccess & {
  /** Adds an app, or updates the one of that name; a running one restarts only when its command changed. */
  register(registration: Registration): Promise<AppStatus>;
  /**
   * Counts the client as one that wants the app, until it leaves. `client` is aborted when it is gone; `isAsked`: whether it
   * wants the app by name.
   */
  use(name: string, client: AbortSignal, isAsked: boolean): void;
  /** Has the app stay when nobody uses it any more. */
  keep(name: string): Promise<AppStatus>;
  /**
   * The client uses no app any more. Removes those of `names` that nobody else wants, and what had been started only for
   * them; tells which before it does.
   */
  leave(names: readonly string[], client: AbortSignal, tell: (event: LeaveEvent) => void): Promise<void>;
  /** Stops the process and forgets the app, and with it those that were started only for it. */
  remove(name: string): Promise<AppStatus>;
  /** Starts an app that does not run, those that it depends on first, and resolves when it is ready. */
  start(name: string): Promise<AppStatus>;
  /** Reads its project again, then has a new process follow the one that runs. */
  restart(name: string): Promise<AppStatus>;
  list(): readonly AppStatus[];
  registrations(): readonly Registration[];
  status(name: string): AppStatus;
  logs(name: string): LogBuffer;
  /** Whether there is anything to follow: also while a removed app is being stopped. */
  has(name: string): boolean;
  /** To be told every transition of every app. */
  observe(name: string, instance: Instance): void;
  /** To be told each start that failed. */
  startFailed(name: string, error: unknown): void;
  /** Calls the listener when anything of an app changes, until the returned function is called. */
  subscribe(name: string, listener: () => void): () => void;
  /**
   * Calls the listener with the name of each app that changes, until the returned function is called. It is nobody who uses
   * the app: it keeps none awake.
   */
  watch(listener: (name: string) => void): () => void;
  /** Tells the listeners of an app that it changed. */
  notify(name: string): void;
  /** Watches and reads no files any more. */
  close(): Promise<void>;
};

export type AppsOptions = {
  readonly supervisor: Supervisor;
  readonly registry: Registry;
  readonly httpsPort: () => number;
  /** What makes a process with this environment trust tako's certificates. */
  readonly trustFor: LaunchFacts['trustFor'];
  readonly secrets: AppSecrets;
  readonly onRoutes: (routes: readonly Route[]) => void;
  readonly memoryOf: (name: string) => number | null;
  /** Where other devices find the app; null where they do not. */
  readonly lanOf: (name: string) => LanAddress | null;
  readonly trafficOf: (name: string) => Traffic;
  /** Tells open pages of the app. */
  readonly publish: (name: string, event: PageEvent) => void;
  /** Reads the project of an app again. Rejects with what is wrong with it. */
  readonly resolve: (registration: Registration) => Promise<Registration>;
};

/** Takes up what the registry knows; nothing runs until it is asked for. */
export function createApps(options: AppsOptions): Apps {
  const {supervisor, registry, httpsPort, trustFor, onRoutes, memoryOf, lanOf, trafficOf, publish, resolve, secrets} =
    options;
  const apps = new Map(registry.apps().map(registration => [registration.name, createRegisteredApp(registration)]));
  // On their way out: not served and not started any more, but followed until their last line of output.
  const leaving = new Map<string, RegisteredApp>();
  const followers = createAppFollowers(Date.now);
  const users = createAppUsers();
  const problems = createAppProblems({supervisor, publish, onChange: notify});
  const watches = createAppWatches({
    onProject,
    onSecrets,
    onSource,
    onProblem: (name, message) => say(name, message),
  });
  const registrations = (): Registration[] => [...apps.values()].map(({registration}) => registration);
  const publishRoutes = (): void => onRoutes(registrations().flatMap(routesOf));
  const say = (name: string, text: string): void => void supervisor.logs(name).append('tako', text, {level: 'info'});
  const stateOf = (name: string): Instance['state'] => supervisor.instance(name).state;
  const isRunning = (name: string): boolean => RUNNING.has(stateOf(name));
  const isCurrent = (app: RegisteredApp): boolean => apps.get(app.registration.name) === app;
  const read = createProjectReadings({resolve, isCurrent, apply, problems, onRead: notify});
  const {start, restart} = createAppStarts({
    supervisor,
    find,
    registrations,
    isCurrent,
    isRunning,
    specOf,
    read,
    secrets,
    onFailed: problems.startFailed,
  });
  const restartQuietly = (app: RegisteredApp, because: string): void =>
    void restart(app, because).catch(() => undefined);

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

  function specOf({registration, token}: RegisteredApp): LaunchSpec {
    const facts = {token, others: registrations(), httpsPort: httpsPort(), trustFor};
    return launchSpecOf(registration, {...facts, secrets: secrets.of(registration.name)});
  }

  function onSource(name: string, files: readonly string[]): void {
    const app = apps.get(name);
    if (!app) return;
    const {reloads} = app.registration;
    if (!isRunning(name) || reloads === 'nothing') {
      restartQuietly(app, describeChange(files));
    } else if (reloads === 'server') {
      publish(name, {type: 'reload'});
    }
  }

  async function onProject(name: string): Promise<void> {
    const app = apps.get(name);
    if (app && (await read(app))) restartQuietly(app, SETTINGS_CHANGED);
  }

  async function onSecrets(name: string): Promise<void> {
    const app = apps.get(name);
    if (!app) return;
    await read(app);
    if (isCurrent(app) && isRunning(name) && secrets.haveChanged(name)) restartQuietly(app, 'its secrets changed');
  }

  /** Whether a process that runs has not taken up all of it. Throws ROUTE_CONFLICT, and what the registry throws. */
  function apply(app: RegisteredApp, registration: Registration): boolean {
    const before = app.registration;
    const {name} = registration;
    assertNoConflict(registration, registrations());
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
    const {registration, restarts} = leaving.get(name) ?? find(name);
    return renderAppStatus(registration, supervisor.instance(name), {
      httpsPort: httpsPort(),
      memoryBytes: memoryOf(name),
      clients: followers.count(name),
      problem: problems.of(name),
      startedFor: originOf(registration) === 'dependency' ? dependentsOf(name) : [],
      lan: lanOf(name),
      restarts,
      traffic: trafficOf(name),
    });
  };

  const wantedApps = (): WantedApp[] =>
    registrations().map(registration => ({
      name: registration.name,
      origin: originOf(registration),
      isUsed: users.isUsed(registration.name),
      needs: knownDependenciesOf(registration, registrations()),
    }));

  const dependentsOf = (name: string): string[] =>
    wantedApps().flatMap(app => (app.needs.includes(name) ? app.name : []));

  async function remove(app: RegisteredApp): Promise<void> {
    const {name} = app.registration;
    // Unknown to the gateway first, so that no request wakes it while it stops.
    apps.delete(name);
    users.forget(name);
    watches.forget(name);
    leaving.set(name, app);
    publishRoutes();
    await supervisor.stop(name).finally(() => leaving.delete(name));
    if (!apps.has(name)) forget(app);
    // Registered again meanwhile, it may run again already.
    if (!apps.has(name)) {
      problems.forget(name);
      await supervisor.forget(name);
      secrets.forget(name);
    }
    notify(name);
  }

  /** Behind what is being read of the app, which would not count for one that was changed meanwhile. */
  async function setOrigin(app: RegisteredApp, origin: Origin): Promise<void> {
    const isSet = app.reading.then(() => isCurrent(app) && apply(app, withOrigin(app.registration, origin)));
    app.reading = isSet.catch(() => undefined);
    await isSet;
    notify(app.registration.name);
  }

  const removeAll = async (names: readonly string[]): Promise<void> =>
    void (await Promise.all(names.map(name => remove(find(name)))));

  publishRoutes();
  for (const [name, app] of apps) {
    notify(name);
    // Nobody looked at its project while no daemon ran.
    void read(app);
  }
  return {
    async register(registration) {
      const {name} = registration;
      const known = apps.get(name);
      if (known) {
        assertSameProject(known.registration, registration);
        const origin = strongerOrigin(originOf(known.registration), originOf(registration));
        if (apply(known, withOrigin(registration, origin))) restartQuietly(known, SETTINGS_CHANGED);
        problems.projectAccepted(name);
      } else {
        assertNoConflict(registration, registrations());
        registry.save(registration);
        problems.forget(name);
        apps.set(name, createRegisteredApp(registration));
        publishRoutes();
      }
      notify(name);
      return status(name);
    },
    use(name, client, isAsked) {
      if (apps.has(name)) users.add(name, client, isAsked);
    },
    async keep(name) {
      await setOrigin(find(name), 'ensure');
      return status(name);
    },
    async leave(names, client, tell) {
      const shown = users.leave(client);
      const decision = decideLeave({asked: names, shown}, wantedApps());
      tell(decision);
      const unasked = decision.stays.filter(({name, because}) => because !== 'ensured' && !users.isAsked(name));
      await Promise.all([removeAll(decision.stops), ...unasked.map(({name}) => setOrigin(find(name), 'dependency'))]);
    },
    async remove(name) {
      const app = find(name);
      const last = {...status(name), ...NOT_RUNNING};
      const brought = decideBrought(name, wantedApps());
      await Promise.all([remove(app), removeAll(brought)]);
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
    registrations,
    status,
    logs: name => supervisor.logs((leaving.get(name) ?? find(name)).registration.name),
    has: name => apps.has(name) || leaving.has(name),
    ...createAppAccess({supervisor, apps, followers, start: name => start(find(name))}),
    observe(name, instance) {
      const app = apps.get(name);
      if (app) observe(app, instance);
      notify(name);
    },
    startFailed(name, error) {
      if (apps.has(name)) problems.startFailed(name, error);
    },
    subscribe: followers.add,
    watch: followers.watch,
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
      if (app.servedBy !== undefined && app.servedBy.pid !== instance.pid) app.restarts += 1;
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

const SETTINGS_CHANGED = 'its settings changed';

const RUNNING: ReadonlySet<Instance['state']> = new Set(['starting', 'ready', 'restarting', 'backing-off']);

const NOT_RUNNING = {state: 'stopped', pid: null, port: null, startedAt: null, memoryBytes: null} as const;

/** The end of a sentence: `src/app.js changed`, `src/app.js and 3 other files changed`. */
function describeChange(files: readonly string[]): string {
  const [first = ''] = files;
  if (files.length === 1) return `${first} changed`;
  return `${first} and ${files.length === 2 ? 'another file' : `${files.length - 1} other files`} changed`;
}
