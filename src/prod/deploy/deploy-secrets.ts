// The secrets of an environment on their way to a server: sent only where that has others.

import type {ControlClient} from '../../control/client.js';
import type {DeploymentName, SecretsSummary, ServerMethods} from '../../control/server-methods.js';
import {digestSecrets, type GivenSecrets} from '../../secrets/given-secrets.js';
import {errorCode, TakoError} from '../../system/error.js';

type Client = Pick<ControlClient<ServerMethods>, 'call'>;

/** Undefined: the project says nothing about secrets of the environment, which is not the same as none. */
export type ProjectSecrets = GivenSecrets | undefined;

/** What a server is to have. Undefined: as it is; null: none. */
export type WantedDigest = string | null | undefined;

/**
 * Whether a project may be deployed there with what it says of secrets. Throws SECRETS_NOT_HERE where the server has some
 * and the project knows of none, as in a checkout that lacks the file, and SERVER_TOO_OLD.
 */
export async function checkSecrets(client: Client, name: DeploymentName, secrets: ProjectSecrets): Promise<void> {
  const {names} = await summaryOf(client, name, secrets);
  if (secrets === undefined && names.length > 0) throw notHere(name, names);
}

/** Stores them where the server has others. The answer is what a deploy has to name. */
export async function sendSecrets(
  client: Client,
  name: DeploymentName,
  secrets: ProjectSecrets,
): Promise<WantedDigest> {
  if (secrets === undefined) return undefined;
  const summary = await summaryOf(client, name, secrets);
  const wanted = wantedDigest(secrets, summary);
  if (wanted === undefined || wanted === null || wanted === summary.digest) return wanted;
  return (await client.call('storeSecrets', {deployment: name, ...secrets})).digest;
}

export type SyncResult = {readonly changed: boolean; readonly names: readonly string[]};

/** Sends them where the server has others, and has fresh processes use them. */
export async function syncSecrets(client: Client, name: DeploymentName, secrets: GivenSecrets): Promise<SyncResult> {
  const names = Object.keys(secrets.values).sort();
  const {digest: before} = await summaryOf(client, name, secrets);
  const digest = (await sendSecrets(client, name, secrets)) ?? null;
  if (digest === before) return {changed: false, names};
  await client.call('useSecrets', {deployment: name, digest});
  return {changed: true, names};
}

/** A server that knows nothing of secrets yet; undefined: it need not. */
function wantedDigest(secrets: GivenSecrets, {digest, salt}: SecretsSummary): WantedDigest {
  if (Object.keys(secrets.values).length > 0) return digestSecrets(secrets, salt);
  return digest === null ? undefined : null;
}

const NONE: SecretsSummary = {digest: null, salt: '', names: [], storedAt: null};

async function summaryOf(client: Client, name: DeploymentName, secrets: ProjectSecrets): Promise<SecretsSummary> {
  try {
    return await client.call('secrets', {deployment: name});
  } catch (error) {
    if (errorCode(error) !== 'UNKNOWN_METHOD') throw error;
    if (Object.keys(secrets?.values ?? {}).length === 0) return NONE;
    throw new TakoError('SERVER_TOO_OLD', 'the tako of the server knows nothing of secrets yet', {
      hint: '"tako servers upgrade" brings it to this version',
    });
  }
}

const notHere = ({app, environment}: DeploymentName, names: readonly string[]): TakoError =>
  new TakoError('SECRETS_NOT_HERE', `the server has secrets of ${app}/${environment}, and this project has none`, {
    hint: `is .tako/secrets.json missing here? Where they are to go, "tako secrets rm" them on a checkout that has it`,
    details: names,
  });
