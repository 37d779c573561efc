import {mkdir} from 'node:fs/promises';
import path from 'node:path';
import type {Project} from '../config/load-project.js';
import {findWorktree} from '../config/worktree.js';
import type {ControlClient} from '../control/client.js';
import type {AppRequest, Registration} from '../control/protocol.js';
import {decideAppName} from '../devproxy/app-name.js';
import type {DaemonConnection} from '../devproxy/daemon-client.js';
import {dataFolderOf} from '../devproxy/dev-environment.js';
import {resolveRegistration} from '../devproxy/resolve-registration.js';
import {errorCode, TakoError} from '../system/error.js';
import {explainFileError, writeFileAtomic} from '../system/files.js';

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
};

/** Registers under the first name that is free, also when other terminals are about to take it. */
export async function register(
  {client, info}: DaemonConnection,
  project: Project,
  given: AppArguments,
): Promise<Registered> {
  const {directory, configFile = null, config} = project;
  const variant = await decideVariant(project, given.variant);
  const ownName = variant === null ? config.name : `${variant}.${config.name}`;
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
      return {registration, ownName};
    } catch (error) {
      const isLate = ['NAME_TAKEN', 'ROUTE_CONFLICT'].includes(errorCode(error) ?? '') && attempt < NAME_TRIES;
      if (!isLate || !(await isTaken(client, registration))) throw error;
    }
  }
}

/** As many terminals as may start apps of one name at the same moment. */
const NAME_TRIES = 20;

/** Whether another folder took the name just now: only then is there another one to try. */
async function isTaken(client: ControlClient, {name, directory}: Registration): Promise<boolean> {
  const {apps} = await client.call('list', {});
  return apps.some(app => app.name === name && app.directory !== directory);
}

/** Of the same form as a branch is made into: RFC 1035, section 2.3.4. */
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

async function decideVariant({directory}: Project, given: string | undefined): Promise<string | null> {
  if (given === undefined) return (await findWorktree(directory))?.label ?? null;
  if (LABEL.test(given)) return given;
  throw new TakoError('VARIANT_INVALID', `"${given}" cannot be a part of a host name`, {
    hint: 'use a-z, 0-9 and "-" in between, at most 63 characters',
  });
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
