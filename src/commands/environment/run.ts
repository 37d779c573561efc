import {homedir} from 'node:os';
import {devRoutes} from '../../config/dev-routes.js';
import {projectFolders} from '../../config/folders.js';
import type {Project} from '../../config/load-project.js';
import {type ProjectFacts, readProjectFacts} from '../../config/project-facts.js';
import {managedZones} from '../../config/settings.js';
import {mergeLayers} from '../../config/variable-layers.js';
import {varLayers} from '../../config/vars.js';
import {devLayers} from '../../devproxy/dev-environment.js';
import {decideDelivery, deliver} from '../../secrets/delivery.js';
import {readSecrets} from '../../secrets/read-secrets.js';
import {type ConfigFlag, createContext, loadCurrentProject, loadUserSettings, userKeys} from '../context.js';
import {ensureDataFolder} from '../registration.js';
import {localTrust} from './local-trust.js';
import {requireEnvironment} from './require-environment.js';
import {decideRunCommand} from './run-command.js';
import {runInPlace} from './run-in-place.js';

export type RunFlags = ConfigFlag & {
  readonly env: string;
  readonly eval?: string;
  /** Whether a `--` stood in front of the words. */
  readonly isVerbatim: boolean;
};

/** Runs a command with the environment the app has, and ends as the command does. */
export async function run(words: readonly string[], flags: RunFlags): Promise<void> {
  const project = await loadCurrentProject(flags);
  const {directory, config} = project;
  requireEnvironment(config, flags.env);
  const facts = await readProjectFacts(directory);
  const command = await decideRunCommand(project, facts, {...flags, words, from: process.cwd()});
  const environment = await runEnvironment(project, facts, flags.env);
  await ensureDataFolder(directory);
  await runInPlace(command, {directory, environment});
}

/** What the app would find, and the secrets once more as the existing SDKs read them where there is no descriptor. */
async function runEnvironment(
  {directory, config}: Project,
  facts: ProjectFacts,
  environmentName: string,
): Promise<Record<string, string>> {
  const context = createContext();
  const settings = await loadUserSettings(context);
  const secrets = await readSecrets(directory, environmentName, userKeys(context, settings));
  const {bootstrap, variables} = deliver(secrets, decideDelivery(config.secretDelivery, facts.dependencies));
  const layers = devLayers({
    terminal: process.env,
    directory,
    folders: await projectFolders(directory, homedir()),
    project: [...varLayers(config, environmentName), {source: 'secrets', variables}],
    environmentName,
    build: 'local',
    appRoot: config.appRoot,
    hosts: devRoutes(config, managedZones(settings)).routes.map(({host}) => host),
  });
  const own = mergeLayers(layers);
  return {
    ...(await localTrust(context, environmentName, own)),
    ...own,
    TAKO_BOOTSTRAP_DATA: JSON.stringify({token: '', secrets: bootstrap, storages: {}}),
  };
}
