// The registered apps: what each is called, where it is served, and its process. All that the control socket and the
// gateway know of an app they know from here.

import {randomBytes} from 'node:crypto';
import type {AppStatus, Problem} from '../control/events.js';
import {type Registration, toProblem} from '../control/protocol.js';
import {ActivationError} from '../proxy/cold-start.js';
import type {PageEvent} from '../proxy/page-events.js';
import {renderRoute} from '../proxy/route-syntax.js';
import {findRouteConflicts, type Route} from '../proxy/route-table.js';
import type {StartProgress} from '../proxy/start-page.js';
import type {Upstream} from '../proxy/upstream.js';
import {explainCrash} from '../supervisor/diagnosis/explain-crash.js';
import type {Instance} from '../supervisor/instance.js';
import type {LaunchSpec} from '../supervisor/launch-spec.js';
import type {LogBuffer} from '../supervisor/log-buffer.js';
import {StartError} from '../supervisor/start-error.js';
import type {Supervisor} from '../supervisor/supervisor.js';
import {errorCode, TakoError} from '../system/error.js';
import {launchSpecOf, mustRestart} from './app-launch.js';
import {describeInstance, renderAppStatus, routesOf} from './app-status.js';
import {createAppWatches, type WatchedParts} from './app-watches.js';
import {dependenciesOf} from './dependencies.js';
import type {Registry} from './registry.js';
import {upstreamOf} from './upstreams.js';

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
  /** Calls the listener when anything of an app changes, until the returned function is called. */
  subscribe(name: string, listener: () => void): () => void;
  /** Tells the listeners of an app that it changed. */
  notify(name: string): void;
  /** Watches no files any more. */
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

type App = {
  registration: Registration;
  readonly token: string;
  /** Why the last start failed, or why it crashed. */
  problem: Problem | null;
  /** What its project has that cannot be used. */
  configProblem: Problem | null;
  /** The newest start or restart: only how that one went is told. */
  attempt: Promise<unknown> | undefined;
  /** The process that served last: pages are told when another one does. */
  servedBy: number | undefined;
  /** When the last terminal left, in milliseconds since the epoch. */
  leftAt: number;
  /** Readings of its project, one after the other. */
  reading: Promise<void>;
};

/** For the old process to end and the new one to be spawned. */
const DEADLINE_MARGIN_MS = 10_000;
/** As many lines as explain a failure without burying it. */
const SHOWN_LINES = 20;
/** Where the reason of a crash is looked for. */
const CRASH_LINES = 200;

/** Takes up what the registry knows; nothing runs until it is asked for. */
export function createApps(options: AppsOptions): Apps {
  const {supervisor, registry, httpsPort, onRoutes, memoryOf, publish, resolve} = options;
  const apps = new Map<string, App>(registry.apps().map(registration => [registration.name, createApp(registration)]));
  // On their way out: not served and not started any more, but followed until their last line of output.
  const leaving = new Map<string, App>();
  const listeners = new Map<string, Set<() => void>>();
  const watches = createAppWatches({
    onConfig: name => void readAgain(name),
    onSource: onSource,
    onProblem: (name, message) => say(name, message),
  });
  const registrations = (): Registration[] => [...apps.values()].map(({registration}) => registration);
  const publishRoutes = (): void => onRoutes(registrations().flatMap(routesOf));
  const say = (name: string, text: string): void => void supervisor.logs(name).append('tako', text);
  const clientsOf = (name: string): number => listeners.get(name)?.size ?? 0;
  const stateOf = (name: string): Instance['state'] => supervisor.instance(name).state;
  const isRunning = (name: string): boolean => RUNNING.has(stateOf(name));

  function notify(name: string): void {
    const app = apps.get(name);
    if (app) watches.update(app.registration, watchedPartsOf(app));
    for (const listener of listeners.get(name) ?? []) listener();
  }

  /** The source matters while a change of it would do something. */
  function watchedPartsOf({registration, problem}: App): WatchedParts {
    const isFailed = problem !== null || stateOf(registration.name) === 'exited';
    return {config: true, source: isFailed || (registration.reloads !== 'pages' && isRunning(registration.name))};
  }

  function find(name: string): App {
    const app = apps.get(name);
    if (!app) throw unknownApp(name, [...apps.keys()]);
    return app;
  }

  const specOf = ({registration, token}: App): LaunchSpec =>
    launchSpecOf(registration, {token, others: registrations(), httpsPort: httpsPort()});

  /** Runs a start and remembers how it went, for those who look at the app later. */
  async function track<T>(app: App, begin: () => Promise<T>): Promise<T> {
    const {name} = app.registration;
    const attempt = begin();
    app.problem = null;
    app.attempt = attempt;
    try {
      return await attempt;
    } catch (error) {
      if (app.attempt === attempt && errorCode(error) !== 'START_CANCELLED') {
        app.problem = problemOf(error);
        if (supervisor.serving(name)) publish(name, pageProblem(app.problem, error));
      }
      throw error;
    } finally {
      notify(name);
    }
  }

  async function afterDependencies<T>(app: App, begin: () => Promise<T>): Promise<T> {
    const names = dependenciesOf(app.registration, registrations());
    await Promise.all(
      names.map(name => start(find(name)).catch(error => Promise.reject(withDependent(error, name, app)))),
    );
    return begin();
  }

  const launch = (app: App, begin: () => Promise<Awaited<ReturnType<Supervisor['start']>>>) =>
    track(app, () => (app.registration.dependsOn.length === 0 ? begin() : afterDependencies(app, begin)));
  const start = (app: App) => launch(app, () => supervisor.start(specOf(app)));
  const restart = (app: App, because?: string) =>
    launch(app, () => supervisor.restart(specOf(app), undefined, because));

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

  /** What cannot be used changes nothing: the last good state stays, and what is wrong is told. */
  async function readAgain(name: string): Promise<void> {
    const app = apps.get(name);
    if (!app) return;
    app.reading = app.reading.then(async () => {
      try {
        const registration = await resolve(app.registration);
        if (apps.get(name) !== app) return;
        assertNoConflict(registration, registrations());
        app.configProblem = null;
        apply(app, registration);
      } catch (error) {
        tellConfigProblem(app, error);
      }
      notify(name);
    });
    await app.reading;
  }

  function tellConfigProblem(app: App, error: unknown): void {
    const problem = toProblem(error);
    app.configProblem = problem;
    say(app.registration.name, `${problem.message}; what was there before stays in use`);
    for (const line of problem.details) say(app.registration.name, `  ${line}`);
  }

  function apply(app: App, registration: Registration): void {
    const before = app.registration;
    const {name} = registration;
    if (JSON.stringify(before) === JSON.stringify(registration)) return;
    // On disk first: what cannot be kept is not served either.
    registry.save(registration);
    app.registration = registration;
    publishRoutes();
    if (before.routes.join() !== registration.routes.join()) say(name, `routes: ${registration.routes.join(', ')}`);
    if (isRunning(name) && mustRestart(before, registration)) {
      restart(app, 'its settings changed').catch(() => undefined);
    }
  }

  /** What cannot be forgotten (a full disk) is stopped all the same, and stays registered. */
  function forget(app: App): void {
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

  async function explain(app: App, instance: Instance): Promise<void> {
    if (!('exit' in instance)) return;
    const {name} = app.registration;
    const lines = ownLines(supervisor.logs(name)).slice(-CRASH_LINES);
    const {code, message, hint} = await explainCrash(specOf(app), instance.exit, lines);
    if (app.problem !== null || supervisor.serving(name)) return;
    app.problem = {code, message, hint: hint ?? null, details: []};
    notify(name);
  }

  const status = (name: string): AppStatus => {
    const {registration, problem, configProblem} = leaving.get(name) ?? find(name);
    return renderAppStatus(registration, supervisor.instance(name), {
      httpsPort: httpsPort(),
      memoryBytes: memoryOf(name),
      clients: clientsOf(name),
      problem: problem ?? configProblem,
    });
  };

  publishRoutes();
  for (const name of apps.keys()) notify(name);
  return {
    async register(registration) {
      const {name} = registration;
      const known = apps.get(name);
      if (known) assertSameProject(known.registration, registration);
      assertNoConflict(registration, registrations());
      if (known) {
        known.configProblem = null;
        apply(known, registration);
      } else {
        registry.save(registration);
        apps.set(name, createApp(registration));
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
      if (!apps.has(name)) await supervisor.forget(name);
      notify(name);
      return last;
    },
    async start(name) {
      await start(find(name));
      return status(name);
    },
    async restart(name) {
      const app = find(name);
      await readAgain(name);
      await restart(app);
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
      return progress && {...progress, lastLines: ownLines(supervisor.logs(name)).slice(-SHOWN_LINES)};
    },
    reloadsOf: name => apps.get(name)?.registration.reloads,
    idleOf(name) {
      const app = apps.get(name);
      const timeout = clientsOf(name) > 0 ? null : (app?.registration.idleTimeoutMs ?? null);
      return {timeout: timeout ?? 'never', leftAt: app?.leftAt ?? 0};
    },
    observe(name, instance) {
      const app = apps.get(name);
      if (app && instance.state === 'ready' && instance.pid !== app.servedBy) {
        if (app.servedBy !== undefined) publish(name, {type: 'reload'});
        app.servedBy = instance.pid;
        app.problem = null;
      } else if (app && 'crashes' in instance && instance.crashes > 0) {
        void explain(app, instance);
      }
      notify(name);
    },
    subscribe(name, listener) {
      const own = listeners.get(name) ?? new Set();
      listeners.set(name, own.add(listener));
      return () => {
        own.delete(listener);
        if (own.size > 0) return;
        listeners.delete(name);
        const app = apps.get(name);
        if (app) app.leftAt = Date.now();
      };
    },
    notify,
    close: watches.close,
  };
}

/** The token authenticates tako to the app; it stays the same for as long as the app is registered. */
const createApp = (registration: Registration): App => ({
  registration,
  token: randomBytes(32).toString('base64url'),
  problem: null,
  configProblem: null,
  attempt: undefined,
  servedBy: undefined,
  leftAt: 0,
  reading: Promise.resolve(),
});

const RUNNING: ReadonlySet<Instance['state']> = new Set(['starting', 'ready', 'restarting', 'backing-off']);

const NOT_RUNNING = {state: 'stopped', pid: null, port: null, startedAt: null, memoryBytes: null} as const;

const ownLines = (logs: LogBuffer): string[] =>
  logs
    .last(CRASH_LINES * 2)
    .filter(({stream}) => stream !== 'tako')
    .map(({text}) => text);

/** Its last lines are in the log already, which those who see the problem see too. */
const problemOf = (error: unknown): Problem => ({
  ...toProblem(error),
  ...(error instanceof StartError ? {details: []} : {}),
});

const pageProblem = ({code, message, hint}: Problem, error: unknown): PageEvent => ({
  type: 'problem',
  code,
  message,
  ...(hint === null ? {} : {hint}),
  ...(error instanceof StartError ? {lines: error.lastLines} : {}),
});

/** The end of a sentence: `src/app.js changed`, `src/app.js and 3 other files changed`. */
function describeChange(files: readonly string[]): string {
  const [first = ''] = files;
  if (files.length === 1) return `${first} changed`;
  return `${first} and ${files.length === 2 ? 'another file' : `${files.length - 1} other files`} changed`;
}

function withDependent(error: unknown, name: string, {registration}: App): unknown {
  if (!(error instanceof TakoError)) return error;
  return new TakoError(
    'DEPENDENCY_FAILED',
    `${registration.name} needs ${name}, which did not start: ${error.message}`,
    {
      ...(error.hint === undefined ? {} : {hint: error.hint}),
      details: error.details,
      cause: error,
    },
  );
}

function assertNoConflict(registration: Registration, others: readonly Registration[]): void {
  const rest = others.filter(({name}) => name !== registration.name);
  const [conflict] = findRouteConflicts([...rest, registration].flatMap(routesOf));
  if (!conflict) return;
  throw new TakoError('ROUTE_CONFLICT', `${renderRoute(conflict.route)} is served by ${conflict.other.app} already`, {
    hint: `choose another route or name in tako.toml, or run "tako dev stop ${conflict.other.app}"`,
  });
}

function assertSameProject(known: Registration, wanted: Registration): void {
  if (known.directory === wanted.directory && known.configFile === wanted.configFile) return;
  throw new TakoError('NAME_TAKEN', `an app named ${known.name} is registered in ${known.directory} already`, {
    hint: 'set another name in tako.toml',
  });
}

function unknownApp(name: string, known: readonly string[]): TakoError {
  const hint = known.length > 0 ? `registered: ${known.join(', ')}` : 'run "tako dev" in its folder';
  return new TakoError('NO_SUCH_APP', `no app is registered as ${name}`, {hint});
}

/** What a waiting request is told: in time, but in vain, is another answer than too late. */
function toActivationError(error: unknown, name: string): unknown {
  if (!(error instanceof TakoError)) return error;
  const failure = error.code === 'APP_NOT_READY' ? 'timed-out' : 'failed';
  const details = error instanceof StartError ? error.lastLines : error.details;
  const options = {details, cause: error, ...(error.hint === undefined ? {} : {hint: error.hint})};
  return new ActivationError(failure, error.code, `${name}: ${error.message}`, options);
}
