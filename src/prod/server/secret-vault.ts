// The secrets of the deployments on a server: encrypted at rest, by a key in a file of its own, so that neither the database
// nor a copy of it says anything. In memory they are as processes get them.

import {createHmac, randomBytes} from 'node:crypto';
import path from 'node:path';
import type {DeploymentName, SecretsSummary} from '../../control/server-methods.js';
import {digestSecrets, type GivenSecrets, parseGivenSecrets, requireTotalSize} from '../../secrets/given-secrets.js';
import {createSecretMask, NO_MASK, type SecretMask} from '../../secrets/secret-mask.js';
import {decodeBase64, KEY_BYTES, openValue, sealValue, type ValueContext} from '../../secrets/value-cipher.js';
import type {Clock} from '../../system/clock.js';
import {TakoError} from '../../system/error.js';
import {readTextIfExists, writeFileAtomic} from '../../system/files.js';
import type {SealedSecrets} from '../state/secrets.js';
import type {State} from '../state/state.js';
import {deploymentKey} from './instance-name.js';

/** As a deployment has them. */
export type DeployedSecrets = GivenSecrets & {readonly digest: string};

export type SecretVault = {
  /** What a client has to know to find out whether it has others. */
  describe(name: DeploymentName): SecretsSummary;
  /** Keeps them, and has no process use them yet; the answer is their digest. Throws SECRET_VALUE_INVALID and SECRETS_TOO_LARGE. */
  store(name: DeploymentName, input: unknown): string;
  /** Those with this digest; null: none at all. Throws SECRETS_NOT_STORED and SECRETS_UNREADABLE. */
  open(name: DeploymentName, digest: string | null): DeployedSecrets | undefined;
  /** Those that processes get now. Throws SECRETS_UNREADABLE. */
  current(name: DeploymentName): DeployedSecrets | undefined;
  /** Of all that this process has seen of the deployment, by its key. */
  maskOf(deployment: string): SecretMask;
};

const KEY_FILE = 'secrets.key';

export type SecretVaultOptions = {
  readonly folder: string;
  readonly state: Pick<State, 'secrets'>;
  readonly clock: Clock;
};

/** Makes the key with the first start. Throws SECRETS_UNREADABLE for a key file that holds none. */
export async function openSecretVault({folder, state, clock}: SecretVaultOptions): Promise<SecretVault> {
  const key = await ensureKey(path.join(folder, KEY_FILE));
  const seen = new Map<string, Map<string, readonly [name: string, value: string]>>();
  const masks = new Map<string, SecretMask>();

  /** From the key, so that the database alone tells nobody what a digest is of. */
  const saltOf = (name: DeploymentName): string =>
    createHmac('sha256', key)
      .update(`digest of secrets ${deploymentKey(name)}`)
      .digest('hex');

  function remember(name: DeploymentName, {values}: GivenSecrets): void {
    const deployment = deploymentKey(name);
    const known = seen.get(deployment) ?? new Map();
    for (const pair of Object.entries(values)) known.set(JSON.stringify(pair), pair);
    seen.set(deployment, known);
    masks.set(deployment, createSecretMask([...known.values()]));
  }

  function unseal(name: DeploymentName, {digest, sealed}: SealedSecrets): DeployedSecrets {
    const text = openValue(sealed, key, contextOf(name, digest));
    const secrets = text === undefined ? undefined : parseGivenSecrets(JSON.parse(text));
    if (secrets === undefined) throw unreadable(name);
    remember(name, secrets);
    return {...secrets, digest};
  }

  /** Those that cannot be read are none: whoever asks sends them again then. */
  function unsealIfReadable(name: DeploymentName, kept: SealedSecrets): DeployedSecrets | undefined {
    try {
      return unseal(name, kept);
    } catch {
      return undefined;
    }
  }

  function current(name: DeploymentName): DeployedSecrets | undefined {
    const kept = state.secrets.current(name);
    return kept && unseal(name, kept);
  }

  return {
    describe(name) {
      const kept = state.secrets.current(name);
      const secrets = kept && unsealIfReadable(name, kept);
      const facts = kept && secrets ? {digest: kept.digest, storedAt: kept.storedAt} : {digest: null, storedAt: null};
      return {...facts, salt: saltOf(name), names: Object.keys(secrets?.values ?? {}).sort()};
    },
    store(name, input) {
      const secrets = parseGivenSecrets(input);
      if (!secrets) throw new TakoError('SECRET_VALUE_INVALID', 'what was sent are no secrets');
      requireTotalSize(secrets.values);
      const digest = digestSecrets(secrets, saltOf(name));
      const sealed = sealValue(JSON.stringify(secrets), key, contextOf(name, digest));
      state.secrets.add(name, {digest, sealed, storedAt: clock.now()});
      return digest;
    },
    open(name, digest) {
      if (digest === null) return undefined;
      const kept = state.secrets.find(name, digest);
      if (!kept) throw notStored(name);
      return unseal(name, kept);
    },
    current,
    maskOf: deployment => masks.get(deployment) ?? NO_MASK,
  };
}

/** A row that is moved to another deployment cannot be read there. */
const contextOf = (name: DeploymentName, digest: string): ValueContext => ({
  environment: deploymentKey(name),
  name: digest,
  expiresOn: null,
});

async function ensureKey(file: string): Promise<Buffer> {
  const text = await readTextIfExists(file);
  if (text !== undefined) return parseKey(text, file);
  const key = randomBytes(KEY_BYTES);
  await writeFileAtomic(file, `${key.toString('base64')}\n`);
  return key;
}

function parseKey(text: string, file: string): Buffer {
  const key = decodeBase64(text.trim());
  if (key?.length === KEY_BYTES) return key;
  throw new TakoError('SECRETS_UNREADABLE', `${file} holds no key`, {
    hint: 'put a backup of it in its place, or delete it and sync the secrets of every app again',
  });
}

const unreadable = ({app, environment}: DeploymentName): TakoError =>
  new TakoError('SECRETS_UNREADABLE', `the server cannot decrypt the secrets of ${app}/${environment}`, {
    hint: `its key file ${KEY_FILE} is another one, or its database was changed: "tako deploy --env ${environment}" sends them again`,
  });

const notStored = ({app, environment}: DeploymentName): TakoError =>
  new TakoError('SECRETS_NOT_STORED', `the server does not have these secrets of ${app}/${environment}`, {
    hint: 'run the command again, which sends them',
  });
