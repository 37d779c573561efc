// The reading side: names without a key, values with it. An environment is read whole or not at all.

import path from 'node:path';
import {TakoError} from '../system/error.js';
import {readTextIfExists} from '../system/files.js';
import {type KeyStore, requireKey} from './keys/key-store.js';
import {parseSecrets} from './parse-secrets.js';
import {
  conflictsOf,
  type Entry,
  entryPath,
  environmentsOf,
  isSecret,
  NO_SECRETS,
  SECRETS_FILE,
  type SecretFile,
  secretNamesOf,
} from './secret-file.js';
import {openUnboundValue, openValue} from './value-cipher.js';

/** By name, without a prototype. */
export type SecretValues = Readonly<Record<string, string>>;

/** Of a project without secrets there is nothing. Throws SECRETS_INVALID and SECRETS_CONFLICT. */
export async function loadSecretFile(projectDirectory: string): Promise<SecretFile> {
  const text = await readTextIfExists(path.join(projectDirectory, SECRETS_FILE));
  return text === undefined ? NO_SECRETS : parseSecrets(text);
}

/**
 * The names of the secrets of each environment, sorted; no key is needed. Throws SECRETS_INVALID and SECRETS_CONFLICT.
 */
export async function readSecretNames(projectDirectory: string): Promise<Readonly<Record<string, readonly string[]>>> {
  const file = await loadSecretFile(projectDirectory);
  const names = environmentsOf(file).map(environment => [environment, secretNamesOf(file, environment)] as const);
  return Object.assign(Object.create(null), Object.fromEntries(names));
}

/**
 * Every secret of an environment with its value; none where it has none. Throws SECRETS_INVALID, SECRETS_CONFLICT,
 * SECRET_KEY_MISSING and SECRET_DAMAGED, never leaving out what could not be read.
 */
export async function readSecrets(
  projectDirectory: string,
  environment: string,
  keys: KeyStore,
): Promise<SecretValues> {
  return openSecrets(await loadSecretFile(projectDirectory), environment, keys);
}

/** As `readSecrets`, of a file that has been read. */
export async function openSecrets(file: SecretFile, environment: string, keys: KeyStore): Promise<SecretValues> {
  requireDecided(file, environment);
  const entries = file.entries.filter(entry => entry.environment === environment && isSecret(entry));
  const opened = await openEntries(entries, keys);
  return Object.assign(
    Object.create(null),
    Object.fromEntries(opened.map(({entry, value}) => [entry.name, value] as const)),
  );
}

/** Throws SECRETS_CONFLICT where a value of the environment, or of any, is there twice. */
export function requireDecided(file: SecretFile, environment?: string): void {
  const open = conflictsOf(file).filter(name => environment === undefined || name.startsWith(`${environment}/`));
  const [first] = open;
  if (first === undefined) return;
  const [, name = first] = first.split('/');
  throw new TakoError(
    'SECRETS_CONFLICT',
    `${open.join(', ')} ${open.length === 1 ? 'has' : 'have'} two values in ${SECRETS_FILE}`,
    {
      hint: `two branches have changed it: decide with "tako secrets set ${name} --env ${first.split('/')[0]}"`,
    },
  );
}

export type OpenedEntry = {readonly entry: Entry; readonly value: string};

/** All of them or none. Throws SECRET_KEY_MISSING, and SECRET_DAMAGED with the name of each that cannot be opened. */
export async function openEntries(entries: readonly Entry[], keys: KeyStore): Promise<readonly OpenedEntry[]> {
  const results = [];
  for (const entry of entries) results.push({entry, value: await openEntry(entry, keys)});
  const damaged = results.filter(({value}) => value === undefined).map(({entry}) => entryPath(entry));
  if (damaged.length > 0) throw damagedEntries(damaged);
  return results.flatMap(({entry, value}) => (value === undefined ? [] : [{entry, value}]));
}

/** Undefined where it cannot be decrypted. Throws SECRET_KEY_MISSING. */
export async function openEntry(entry: Entry, keys: KeyStore): Promise<string | undefined> {
  const {sealed, environment} = entry;
  if (sealed.kind === 'opaque') return undefined;
  const {bytes} = await requireKey(keys, sealed.keyId, environment);
  return sealed.kind === 'bound' ? openValue(sealed.data, bytes, entry) : openUnboundValue(sealed.data, bytes);
}

/** Of entries by their paths. */
export const damagedEntries = (paths: readonly string[]): TakoError =>
  new TakoError('SECRET_DAMAGED', `${paths.join(', ')} cannot be decrypted`, {
    hint: `it was changed, cut, or moved from another entry of ${SECRETS_FILE}: take it from git again, or set it anew`,
  });
