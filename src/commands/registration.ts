import {mkdir} from 'node:fs/promises';
import path from 'node:path';
import type {Project} from '../config/load-project.js';
import type {ControlClient} from '../control/client.js';
import type {AppRequest, Registration} from '../control/protocol.js';
import {decideAppName} from '../devproxy/app-name.js';
import type {DaemonConnection} from '../devproxy/daemon-client.js';
import {dataFolderOf} from '../devproxy/dev-environment.js';
import {resolveRegistration} from '../devproxy/resolve-registration.js';
import {errorCode} from '../system/error.js';
import {explainFileError, writeFileAtomic} from '../system/files.js';
import {identify} from './app-identity.js';
import {forEachUsable, type SelectedProjects} from './selected-projects.js';

/** What a command line says about the app to run. */
export type AppArguments = {
  /** The command; empty to have it found. */
  readonly words: readonly string[];
  readonly staticRoutes: readonly string[];
  /** The label of a second checkout. Undefined: that of the git worktree the project is in, if it is in one. */
  readonly variant: string | undefined;
};

export type Registered = {
  readonly registration: Registration;
  /** What it is called by its own project, without what makes its name the only one. */
  readonly ownName: string;
  /** Whether the daemon did not know it before. */
  readonly isNew: boolean;
};

export type RegisteredProject = Registered & {readonly project: Project};

/** Registers under the first name that is free, also when other terminals are about to take it. */
export async function register(
  {client, info}: DaemonConnection,
  project: Project,
  given: AppArguments,
): Promise<Registered> {
  const {directory, configFile = null} = project;
  const {variant, ownName} = await identify(project, given.variant);
  await ensureDataFolder(directory);
  for (let attempt = 1; ; attempt++) {
    const {apps} = await client.call('list', {});
    const request: AppRequest = {
      directory,
      configFile,
      name: decideAppName({name: ownName, directory, configFile}, apps),
      variant,
      words: given.words,
      staticRoutes: given.staticRoutes,
      terminal: definedValues(process.env),
    };
    const registration = await resolveRegistration(request, project, info.zones);
    try {
      await client.call('register', {registration});
      return {registration, ownName, isNew: apps.every(({name}) => name !== registration.name)};
    } catch (error) {
      const isLate = ['NAME_TAKEN', 'ROUTE_CONFLICT'].includes(errorCode(error) ?? '') && attempt < NAME_TRIES;
      if (!isLate || !(await isTaken(client, registration))) throw error;
    }
  }
}

/**
 * Registers all of them before any is started, so that each learns of the others. When one cannot be, those that were not
 * there before are forgotten again.
 */
export async function registerAll(
  connection: DaemonConnection,
  {projects, words, isLenient}: SelectedProjects,
  given: Omit<AppArguments, 'words'>,
): Promise<{readonly results: readonly RegisteredProject[]; readonly notes: readonly string[]}> {
  const added: string[] = [];
  // What is served beside an app goes with the first of several.
  let {staticRoutes} = given;
  const registerOne = async (project: Project): Promise<RegisteredProject> => {
    const registered = await register(connection, project, {...given, words, staticRoutes});
    staticRoutes = [];
    if (registered.isNew) added.push(registered.registration.name);
    return {...registered, project};
  };
  try {
    return await forEachUsable(projects, registerOne, {isLenient, nameOf: ({config}) => config.name});
  } catch (error) {
    await Promise.allSettled(added.map(name => connection.client.call('remove', {name})));
    throw error;
  }
}

/** As many terminals as may start apps of one name at the same moment. */
const NAME_TRIES = 20;

/** Whether another folder took the name just now: only then is there another one to try. */
async function isTaken(client: ControlClient, {name, directory}: Registration): Promise<boolean> {
  const {apps} = await client.call('list', {});
  return apps.some(app => app.name === name && app.directory !== directory);
}

const definedValues = (environment: NodeJS.ProcessEnv): Record<string, string> =>
  Object.fromEntries(Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined));

/** Makes the folder an app may write to. It ignores itself, so that git does not see it. */
export async function ensureDataFolder(directory: string): Promise<void> {
  const folder = dataFolderOf(directory);
  await mkdir(folder, {recursive: true}).catch(error => {
    throw explainFileError(error, folder);
  });
  await writeFileAtomic(path.join(path.dirname(folder), '.gitignore'), '*\n', 0o644);
}
