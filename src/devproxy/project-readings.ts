import type {Registration} from '../control/protocol.js';
import type {AppProblems} from './app-problems.js';
import type {RegisteredApp} from './registered-app.js';

export type ProjectReadingsOptions = {
  /** Reads the project of an app again. Rejects with what is wrong with it. */
  readonly resolve: (registration: Registration) => Promise<Registration>;
  readonly isCurrent: (app: RegisteredApp) => boolean;
  /** Has the app be as its project says. Whether a process that runs has not taken up all of it. Throws what speaks against it. */
  readonly apply: (app: RegisteredApp, registration: Registration) => boolean;
  readonly problems: Pick<AppProblems, 'projectAccepted' | 'projectRefused'>;
  readonly onRead: (name: string) => void;
};

/**
 * Takes up what the project of an app says now; what cannot be used changes nothing, and what is wrong is told. Resolves
 * with whether a process that runs is behind it. Readings of one app follow each other.
 */
export type ReadProject = (app: RegisteredApp) => Promise<boolean>;

export function createProjectReadings(options: ProjectReadingsOptions): ReadProject {
  const {resolve, isCurrent, apply, problems, onRead} = options;

  async function readOnce(app: RegisteredApp): Promise<boolean> {
    const before = app.registration;
    const {name} = before;
    let isBehind = false;
    try {
      const registration = await resolve(before);
      // A terminal that registered it meanwhile has read something newer.
      if (!isCurrent(app) || app.registration !== before) return false;
      isBehind = apply(app, registration);
      problems.projectAccepted(name);
    } catch (error) {
      if (isCurrent(app)) problems.projectRefused(name, error);
    }
    onRead(name);
    return isBehind;
  }

  return app => {
    const isBehind = app.reading.then(() => readOnce(app));
    app.reading = isBehind;
    return isBehind;
  };
}
