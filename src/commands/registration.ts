import {mkdir} from 'node:fs/promises';
import path from 'node:path';
import type {Project} from '../config/load-project.js';
import type {ControlClient} from '../control/client.js';
import type {AppRequest, Registration} from '../control/protocol.js';
import {decideAppName} from '../devproxy/app-name.js';
import type {DaemonConnection} from '../devproxy/daemon-client.js';
import {dataFolderOf, ofTerminal} from '../devproxy/dev-environment.js';
import {resolveRegistration} from '../devproxy/resolve-registration.js';
import {errorCode} from '../system/error.js';
import {explainFileError, writeFileAtomic} from '../system/files.js';
import {type AppIdentity, findRegistered, identify} from './app-identity.js';
import {forEachUsable, type SelectedProjects} from './selected-projects.js';

/** What a command line says about the app to run. */
export type AppArguments = {
  /** The command; empty to have it found. */
  readonly words: readonly string[];
  readonly staticRoutes: readonly string[];
  /** The label of a second checkout. Undefined: that of the git worktree the project is in, if it is in one. */
  readonly variant: string | undefined;
  /** Whether it is there only because others depend on it. */
  readonly isNeeded?: boolean;
};

export type Registered = {
  readonly registration: Registration;
  /** What it is called by its own project, without what makes its name the only one. */
  readonly ownName: string;
  /** Whether the daemon did not know it before. */
  readonly isNew: boolean;
};

export type RegisteredProject = Registered & {readonly project: Project};

/** `registration`: as it was made here. Undefined: by someone else. */
export type RegisteredName = {readonly name: string; readonly registration: Registration | undefined};

/** Registers under the first name that is free, also when other terminals are about to take it. */
export async function register(
  {client, info}: DaemonConnection,
  project: Project,
  given: AppArguments,
): Promise<Registered> {
  const {directory, configFile = null} = project;
  const identity = await identify(project, given.variant);
  const {ownName} = identity;
  await ensureDataFolder(directory);
  for (let attempt = 1; ; attempt++) {
    const {apps} = await client.call('list', {});
    const name = decideAppName({name: ownName, directory, configFile}, apps);
    const registration = await resolveRegistration(requestOf(project, name, identity, given), project, info.zones);
    try {
      await client.call('register', {registration});
      return {registration, ownName, isNew: apps.every(({name}) => name !== registration.name)};
    } catch (error) {
      const isLate = ['NAME_TAKEN', 'ROUTE_CONFLICT'].includes(errorCode(error) ?? '') && attempt < NAME_TRIES;
      if (!isLate || !(await isTaken(client, registration))) throw error;
    }
  }
}

/** As `register`, but leaves one as it is that is registered already: it may run, with another command or environment. */
export async function registerMissing(
  connection: DaemonConnection,
  project: Project,
  given: AppArguments,
): Promise<RegisteredName> {
  const {apps} = await connection.client.call('list', {});
  const known = await findRegistered(project, apps, given.variant);
  if (known) return {name: known.name, registration: undefined};
  const {registration} = await register(connection, project, given);
  return {name: registration.name, registration};
}

/** What the daemon is asked for, with the environment of this terminal. */
export function requestOf(
  {directory, configFile}: Project,
  name: string,
  {variant}: AppIdentity,
  {words, staticRoutes, isNeeded}: AppArguments,
): AppRequest {
  return {
    directory,
    configFile: configFile ?? null,
    name,
    variant,
    words,
    staticRoutes,
    origin: isNeeded ? 'dependency' : 'dev',
    terminal: ofTerminal(process.env),
  };
}

/**
 * Registers all of them before any is started, so that each learns of the others, and those that they need where these are
 * not there. When one cannot be, those that were not there before are forgotten again.
 */
export async function registerAll(
  connection: DaemonConnection,
  {projects, words, isLenient}: SelectedProjects,
  needed: readonly Project[],
  given: Pick<AppArguments, 'staticRoutes' | 'variant'>,
): Promise<{
  readonly results: readonly RegisteredProject[];
  readonly needed: readonly RegisteredName[];
  readonly notes: readonly string[];
}> {
  const added: string[] = [];
  // What is served beside an app goes with the first of several.
  let {staticRoutes} = given;
  const registerOne = async (project: Project): Promise<RegisteredProject> => {
    const registered = await register(connection, project, {...given, words, staticRoutes});
    staticRoutes = [];
    if (registered.isNew) added.push(registered.registration.name);
    return {...registered, project};
  };
  const registerNeeded = async (project: Project): Promise<RegisteredName> => {
    const only = {words: [], staticRoutes: [], variant: given.variant, isNeeded: true};
    const registered = await registerMissing(connection, project, only);
    if (registered.registration) added.push(registered.name);
    return registered;
  };
  try {
    const usable = await forEachUsable(projects, registerOne, {isLenient, nameOf: ({config}) => config.name});
    const others: RegisteredName[] = [];
    for (const project of needed) others.push(await registerNeeded(project));
    return {...usable, needed: others};
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

/** Makes the folder an app may write to. It ignores itself, so that git does not see it. */
export async function ensureDataFolder(directory: string): Promise<void> {
  const folder = dataFolderOf(directory);
  await mkdir(folder, {recursive: true}).catch(error => {
    throw explainFileError(error, folder);
  });
  await writeFileAtomic(path.join(path.dirname(folder), '.gitignore'), '*\n', 0o644);
}
