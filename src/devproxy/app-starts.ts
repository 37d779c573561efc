import type {Registration} from '../control/protocol.js';
import type {LaunchSpec} from '../supervisor/launch-spec.js';
import {StartError} from '../supervisor/start-error.js';
import type {Supervisor} from '../supervisor/supervisor.js';
import {dependencyFailed} from './app-errors.js';
import type {AppSecrets} from './app-secrets.js';
import {dependenciesOf} from './dependencies.js';
import type {ReadProject} from './project-readings.js';
import type {RegisteredApp} from './registered-app.js';

export type AppStartsOptions = {
  readonly supervisor: Pick<Supervisor, 'start' | 'restart'>;
  /** Throws NO_SUCH_APP. */
  readonly find: (name: string) => RegisteredApp;
  readonly registrations: () => readonly Registration[];
  readonly isCurrent: (app: RegisteredApp) => boolean;
  readonly isRunning: (name: string) => boolean;
  readonly specOf: (app: RegisteredApp) => LaunchSpec;
  readonly read: ReadProject;
  /** Reads its secrets for the launch. */
  readonly secrets: Pick<AppSecrets, 'prepare'>;
  /** Of an app of which one that it depends on did not start, or whose secrets cannot be read. */
  readonly onFailed: (name: string, error: unknown) => void;
};

type Served = Awaited<ReturnType<Supervisor['start']>>;

/** Starts apps, those that they depend on first. Both resolve when the app is ready. */
export type AppStarts = {
  /** One that runs, or is about to, has what it depends on. */
  start(app: RegisteredApp): Promise<Served>;
  /** Reads its project again, then has a new process follow the one that runs. `because` is for the log. */
  restart(app: RegisteredApp, because?: string): Promise<Served>;
};

export function createAppStarts(options: AppStartsOptions): AppStarts {
  const {supervisor, find, registrations, isCurrent, isRunning, specOf, read, secrets, onFailed} = options;

  /** Begins when its project has been read and those it depends on are ready, unless it was removed meanwhile. */
  async function launch(app: RegisteredApp, begin: () => Promise<Served>): Promise<Served> {
    await app.reading;
    await prepare(app).catch(error => {
      if (isCurrent(app)) onFailed(app.registration.name, error);
      throw error;
    });
    if (!isCurrent(app)) throw new StartError(specOf(app), {outcome: 'cancelled'});
    return begin();
  }

  async function prepare(app: RegisteredApp): Promise<void> {
    if (app.registration.dependsOn.length > 0) await startDependencies(app);
    await secrets.prepare(app.registration);
  }

  async function startDependencies(app: RegisteredApp): Promise<void> {
    const names = dependenciesOf(app.registration, registrations());
    const startOne = (name: string): Promise<unknown> =>
      start(find(name)).catch(error => Promise.reject(dependencyFailed(error, name, app.registration.name)));
    await Promise.all(names.map(startOne));
  }

  async function start(app: RegisteredApp): Promise<Served> {
    const begin = (): Promise<Served> => supervisor.start(specOf(app));
    return isRunning(app.registration.name) ? begin() : launch(app, begin);
  }

  async function restart(app: RegisteredApp, because?: string): Promise<Served> {
    await read(app);
    return launch(app, () => supervisor.restart(specOf(app), undefined, because));
  }

  return {start, restart};
}
