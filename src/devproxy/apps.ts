// The registered apps: what each is called, where it is served, and its process. All that the control socket and the
// gateway know of an app they know from here.

import {randomBytes} from 'node:crypto';
import type {AppStatus, Problem} from '../control/events.js';
import {type Registration, toProblem} from '../control/protocol.js';
import {ActivationError} from '../proxy/cold-start.js';
import {renderRoute} from '../proxy/route-syntax.js';
import {findRouteConflicts, type Route} from '../proxy/route-table.js';
import type {Upstream} from '../proxy/upstream.js';
import type {LaunchSpec} from '../supervisor/launch-spec.js';
import type {LogBuffer} from '../supervisor/log-buffer.js';
import {StartError} from '../supervisor/start-error.js';
import type {Supervisor} from '../supervisor/supervisor.js';
import {TakoError} from '../system/error.js';
import {renderAppStatus, routesOf} from './app-status.js';
import type {Registry} from './registry.js';

export type Apps = {
  /** Adds an app, or updates the one of that name; a running one restarts only when its command changed. */
  register(registration: Registration): Promise<AppStatus>;
  /** Stops the process and forgets the app. */
  remove(name: string): Promise<AppStatus>;
  start(name: string): Promise<AppStatus>;
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
  /** Calls the listener when anything of an app changes, until the returned function is called. */
  subscribe(name: string, listener: () => void): () => void;
  /** Tells the listeners of an app that it changed. */
  notify(name: string): void;
};

export type AppsOptions = {
  readonly supervisor: Supervisor;
  readonly registry: Registry;
  readonly httpsPort: () => number;
  readonly onRoutes: (routes: readonly Route[]) => void;
  readonly memoryOf: (name: string) => number | null;
};

type App = {
  registration: Registration;
  readonly token: string;
  problem: Problem | null;
  /** The newest start or restart: only how that one went is told. */
  attempt: Promise<unknown> | undefined;
};

/** For the old process to end and the new one to be spawned. */
const DEADLINE_MARGIN_MS = 10_000;

/** Takes up what the registry knows; nothing runs until it is asked for. */
export function createApps({supervisor, registry, httpsPort, onRoutes, memoryOf}: AppsOptions): Apps {
  const apps = new Map<string, App>(registry.apps().map(registration => [registration.name, createApp(registration)]));
  // On their way out: not served and not started any more, but followed until their last line of output.
  const leaving = new Map<string, App>();
  const listeners = new Map<string, Set<() => void>>();
  const publishRoutes = (): void => onRoutes([...apps.values()].flatMap(({registration}) => routesOf(registration)));
  const notify = (name: string): void => {
    for (const listener of listeners.get(name) ?? []) listener();
  };

  function find(name: string): App {
    const app = apps.get(name);
    if (!app) throw unknownApp(name, [...apps.keys()]);
    return app;
  }

  /** Runs a start and remembers how it went, for those who look at the app later. */
  async function track<T>(app: App, begin: () => Promise<T>): Promise<T> {
    const attempt = begin();
    app.problem = null;
    app.attempt = attempt;
    try {
      return await attempt;
    } catch (error) {
      // Its last lines are in the log already, which those who see the problem see too.
      const problem = {...toProblem(error), ...(error instanceof StartError ? {details: []} : {})};
      if (app.attempt === attempt) app.problem = problem;
      throw error;
    } finally {
      notify(app.registration.name);
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

  const start = (app: App): Promise<Upstream> => track(app, () => supervisor.start(launchSpecOf(app)));
  const restart = (app: App): Promise<Upstream> => track(app, () => supervisor.restart(launchSpecOf(app)));
  const status = (name: string): AppStatus => {
    const {registration, problem} = leaving.get(name) ?? find(name);
    return renderAppStatus(registration, supervisor.instance(name), {
      httpsPort: httpsPort(),
      memoryBytes: memoryOf(name),
      clients: listeners.get(name)?.size ?? 0,
      problem,
    });
  };

  publishRoutes();
  return {
    async register(registration) {
      const {name} = registration;
      const known = apps.get(name);
      if (known) assertSameProject(known.registration, registration);
      assertNoConflict(
        registration,
        [...apps.values()].map(app => app.registration),
      );
      const mustRestart =
        known !== undefined && isRunning(supervisor, name) && hasOtherCommand(known.registration, registration);
      // On disk first: what cannot be kept is not served either.
      registry.save(registration);
      const app = known ?? createApp(registration);
      app.registration = registration;
      apps.set(name, app);
      publishRoutes();
      if (mustRestart) restart(app).catch(() => undefined);
      notify(name);
      return status(name);
    },
    async remove(name) {
      const app = find(name);
      const last = {
        ...status(name),
        state: 'stopped' as const,
        pid: null,
        port: null,
        startedAt: null,
        memoryBytes: null,
      };
      // Unknown to the gateway first, so that no request wakes it while it stops.
      apps.delete(name);
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
      await restart(find(name));
      return status(name);
    },
    list: () => [...apps.keys()].map(status),
    status,
    logs: name => supervisor.logs((leaving.get(name) ?? find(name)).registration.name),
    has: name => apps.has(name) || leaving.has(name),
    deadlineOf: name => (apps.get(name)?.registration.readyTimeoutMs ?? 0) + DEADLINE_MARGIN_MS,
    async activate(name) {
      try {
        return await start(find(name));
      } catch (error) {
        throw toActivationError(error, name);
      }
    },
    findUpstream(name) {
      const instance = supervisor.instance(name);
      return instance.state === 'ready' ? {host: '127.0.0.1', port: instance.port} : undefined;
    },
    subscribe(name, listener) {
      const own = listeners.get(name) ?? new Set();
      listeners.set(name, own.add(listener));
      return () => {
        own.delete(listener);
        if (own.size === 0) listeners.delete(name);
      };
    },
    notify,
  };
}

/** The token authenticates tako to the app; it stays the same for as long as the app is registered. */
const createApp = (registration: Registration): App => ({
  registration,
  token: randomBytes(32).toString('base64url'),
  problem: null,
  attempt: undefined,
});

const launchSpecOf = ({registration, token}: App): LaunchSpec => ({
  app: registration.name,
  command: registration.command,
  directory: registration.directory,
  environment: registration.environment,
  bootstrap: {token, secrets: {}, storages: {}},
  readyTimeoutMs: registration.readyTimeoutMs,
  graceMs: registration.graceMs,
});

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

const isRunning = (supervisor: Supervisor, name: string): boolean =>
  ['starting', 'ready'].includes(supervisor.instance(name).state);

const hasOtherCommand = (a: Registration, b: Registration): boolean => a.command.join('\0') !== b.command.join('\0');

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
