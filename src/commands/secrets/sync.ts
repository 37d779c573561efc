import {type SyncResult, syncSecrets} from '../../prod/deploy/deploy-secrets.js';
import type {GivenSecrets} from '../../secrets/given-secrets.js';
import {environmentsOf} from '../../secrets/secret-file.js';
import {TakoError} from '../../system/error.js';
import type {ConfigFlag} from '../context.js';
import {onEachServer, selectDeployment} from '../deployments/deployment-context.js';
import {printJson, printResult} from '../output.js';
import {readProjectSecrets} from '../project-secrets.js';
import {outcomeToJson, printOutcome, type ServerOutcome} from '../servers-outcome.js';
import {openSecretsContext, requireEnvironment, type SecretsContext} from './secrets-context.js';

export type SyncFlags = ConfigFlag & {
  readonly env?: string;
  readonly server?: readonly string[];
  readonly json?: boolean;
};

/** What became of one environment, on each of its servers. */
export type EnvironmentSync = {readonly environment: string; readonly outcomes: readonly ServerOutcome<SyncResult>[]};

/**
 * Sends the secrets of one environment, or of all that are deployed. All are decrypted before the first is sent. The exit
 * code is 1 when one server of them did not get its own.
 */
export async function syncAll(flags: SyncFlags): Promise<void> {
  const opened = await openSecretsContext(flags);
  if (flags.env !== undefined) requireEnvironment(opened, flags.env);
  const environments = flags.env === undefined ? deployedOf(opened) : [flags.env];
  const ready = [];
  for (const environment of environments) {
    ready.push({environment, secrets: await requireSecrets(opened, environment)});
  }
  const synced: EnvironmentSync[] = [];
  for (const {environment, secrets} of ready) synced.push(await send(environment, secrets, flags));
  if (!synced.every(isSynced)) process.exitCode = 1;
  if (flags.json) printJson({ok: synced.every(isSynced), environments: synced.map(syncToJson)});
  else for (const one of synced) printSync(one);
}

/** The same for an environment that was just changed. */
export const syncEnvironment = async (
  opened: SecretsContext,
  environment: string,
  flags: ConfigFlag,
): Promise<EnvironmentSync> => send(environment, await requireSecrets(opened, environment), flags);

/** Whether every server has them. */
export const isSynced = ({outcomes}: EnvironmentSync): boolean => outcomes.every(({ok}) => ok);

export const syncToJson = (sync: EnvironmentSync) => ({
  environment: sync.environment,
  ok: isSynced(sync),
  servers: sync.outcomes.map(outcomeToJson),
});

export function printSync({environment, outcomes}: EnvironmentSync): void {
  const print = (server: string, {changed, names}: SyncResult): void => {
    const what = `${names.length} ${names.length === 1 ? 'secret' : 'secrets'} of ${environment}`;
    printResult(`${server}: ${what}${changed ? ', sent and in use' : ', as before'}`);
  };
  for (const outcome of outcomes) printOutcome(outcome, print, outcomes.length > 1);
}

async function send(environment: string, secrets: GivenSecrets, flags: SyncFlags): Promise<EnvironmentSync> {
  const selected = await selectDeployment({...flags, env: environment});
  return {environment, outcomes: await onEachServer(selected, client => syncSecrets(client, selected.name, secrets))};
}

/** Those of tako.toml that have secrets. Throws NO_SECRETS. */
function deployedOf({project, file}: SecretsContext): readonly string[] {
  const deployed = environmentsOf(file).filter(
    name => name !== 'development' && Object.hasOwn(project.config.environments, name),
  );
  if (deployed.length > 0) return deployed;
  throw new TakoError('NO_SECRETS', 'no environment that is deployed has secrets', {
    hint: '"tako secrets set NAME --env production" sets one',
  });
}

async function requireSecrets({context, project}: SecretsContext, environment: string): Promise<GivenSecrets> {
  const {secrets} = await readProjectSecrets(context, project, environment);
  if (secrets) return secrets;
  throw new TakoError('NO_SECRETS', `${environment} has no secrets`, {
    hint: `"tako secrets set NAME --env ${environment}" sets one`,
  });
}
