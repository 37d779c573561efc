// Every change of .tako/secrets.json: read, change, write whole, one command after the other. With each write, values of the
// existing format become ours, as far as this machine has their keys.

import {randomBytes} from 'node:crypto';
import {mkdir} from 'node:fs/promises';
import path from 'node:path';
import {type Clock, systemClock} from '../system/clock.js';
import {TakoError} from '../system/error.js';
import {ensureFolder, explainFileError, PUBLIC_FILE, readTextIfExists, writeFileAtomic} from '../system/files.js';
import {type Lock, tryLock} from '../system/lock.js';
import {type KeyStore, requireKey} from './keys/key-store.js';
import {parseSecrets} from './parse-secrets.js';
import {damagedEntries, loadSecretFile, openEntry} from './read-secrets.js';
import {MERGE_RULE, renderSecrets} from './render-secrets.js';
import {
  type Entry,
  entryPath,
  isSecret,
  type KeyLine,
  SECRETS_FILE,
  type Sealed,
  type SecretFile,
} from './secret-file.js';
import {requireSecretName, requireSecretValue} from './secret-name.js';
import {KEY_BYTES, type SecretKey, sealValue} from './value-cipher.js';

/** Where secrets are written, and what is needed for that. */
export type SecretPlace = {
  readonly projectDirectory: string;
  readonly keys: KeyStore;
  /** Of this user: where the lock is. */
  readonly dataFolder: string;
  readonly clock?: Clock;
};

export type NewSecret = {readonly name: string; readonly value: string; readonly expiresOn: string | null};

/** Sets these secrets of an environment, of which the first one makes its key. Throws as `changeSecrets`. */
export const setSecrets = (place: SecretPlace, environment: string, secrets: readonly NewSecret[]): Promise<void> =>
  changeSecrets(place, environment, {set: secrets, remove: []});

/** Removes these secrets of an environment. Throws as `changeSecrets`. */
export const removeSecrets = (place: SecretPlace, environment: string, names: readonly string[]): Promise<void> =>
  changeSecrets(place, environment, {set: [], remove: names});

export type SecretsEdit = {readonly set: readonly NewSecret[]; readonly remove: readonly string[]};

/**
 * All of it, or nothing. Throws SECRET_NAME_INVALID and SECRET_VALUE_INVALID, NO_SUCH_SECRET where one that is to be removed
 * is not there, and what reading the file throws.
 */
export async function changeSecrets(
  place: SecretPlace,
  environment: string,
  {set, remove}: SecretsEdit,
): Promise<void> {
  for (const {name, value} of set) {
    requireSecretName(name);
    requireSecretValue(name, value);
  }
  const names = new Set([...remove, ...set.map(({name}) => name)]);
  await changeFile(place, async file => {
    for (const name of remove) if (!hasSecret(file, environment, name)) throw noSuchSecret(environment, name);
    if (set.length === 0) return replaceEntries(file, environment, names, []);
    const {file: keyed, key} = await withKey(file, environment, place.keys);
    const entries = set.map(secret => sealEntry({environment, ...secret}, key));
    return replaceEntries(keyed, environment, names, entries);
  });
}

/** Has the environment use this key from now on; a new one has none yet. Its values are sealed anew when all can be read. */
export async function adoptKey(place: SecretPlace, environment: string, key: SecretKey): Promise<void> {
  await changeFile(place, async file => {
    const entries: Entry[] = [];
    for (const entry of file.entries) {
      entries.push(entry.environment === environment ? await reseal(entry, key, place.keys) : entry);
    }
    return {...file, entries, keys: [...otherKeys(file, environment), keyLineOf(environment, key)]};
  });
}

/** A random key with a random id. */
export const createKey = (): SecretKey => ({id: randomBytes(8).toString('hex'), bytes: randomBytes(KEY_BYTES)});

/** The key that an environment is written with. Of two branches' keys, the first this machine has. Undefined: it has none yet. */
export async function findCurrentKey(
  file: SecretFile,
  environment: string,
  keys: KeyStore,
): Promise<SecretKey | undefined> {
  for (const {keyId} of keyLinesOf(file, environment)) {
    const key = await keys.find(keyId);
    if (key) return key;
  }
  return undefined;
}

/** By id, so that everybody chooses the same one. */
export const keyLinesOf = ({keys}: SecretFile, environment: string): readonly KeyLine[] =>
  keys.filter(line => line.environment === environment).sort((a, b) => (a.keyId < b.keyId ? -1 : 1));

export const noSuchSecret = (environment: string, name: string): TakoError =>
  new TakoError('NO_SUCH_SECRET', `${environment} has no secret ${name}`, {
    hint: '"tako secrets list" lists what there is',
  });

const hasSecret = ({entries}: SecretFile, environment: string, name: string): boolean =>
  entries.some(entry => entry.environment === environment && entry.name === name && isSecret(entry));

/** Makes the key of a new environment. Throws SECRET_KEY_MISSING where there is one that this machine does not have. */
async function withKey(
  file: SecretFile,
  environment: string,
  keys: KeyStore,
): Promise<{readonly file: SecretFile; readonly key: SecretKey}> {
  const known = await findCurrentKey(file, environment, keys);
  if (known) return {file, key: known};
  const [line] = keyLinesOf(file, environment);
  if (line) return {file, key: await requireKey(keys, line.keyId, environment)};
  const key = createKey();
  // Before the file that needs it.
  await keys.save(key);
  return {file: {...file, keys: [...file.keys, keyLineOf(environment, key)]}, key};
}

const keyLineOf = (environment: string, {id, bytes}: SecretKey): KeyLine => ({
  environment,
  keyId: id,
  check: `${id}:${sealValue('', bytes, {environment, name: '', expiresOn: null})}`,
});

const otherKeys = ({keys}: SecretFile, environment: string): readonly KeyLine[] =>
  keys.filter(line => line.environment !== environment);

function replaceEntries(
  file: SecretFile,
  environment: string,
  names: ReadonlySet<string>,
  entries: readonly Entry[],
): SecretFile {
  const kept = file.entries.filter(entry => entry.environment !== environment || !names.has(entry.name));
  return {...file, entries: [...kept, ...entries]};
}

type Plain = Omit<Entry, 'sealed'> & {readonly value: string};

function sealEntry({environment, name, expiresOn, value}: Plain, {id, bytes}: SecretKey): Entry {
  const sealed: Sealed = {
    kind: 'bound',
    keyId: id,
    data: sealValue(value, bytes, {environment, name, expiresOn}),
  };
  return {environment, name, expiresOn, sealed};
}

/** Throws SECRET_KEY_MISSING and SECRET_DAMAGED: nothing that cannot be read is left behind under a key that goes. */
async function reseal(entry: Entry, key: SecretKey, keys: KeyStore): Promise<Entry> {
  if (entry.sealed.kind === 'opaque') return entry;
  const value = await openEntry(entry, keys);
  if (value === undefined) throw damagedEntries([entryPath(entry)]);
  return sealEntry({...entry, value}, key);
}

/** What this machine has no key for, or cannot open, stays as it is: it is not what is being changed. */
async function bindWhatCanBe(file: SecretFile, keys: KeyStore): Promise<SecretFile> {
  const entries: Entry[] = [];
  for (const entry of file.entries) entries.push(await bind(entry, keys));
  return {...file, format: 2, entries};
}

async function bind(entry: Entry, keys: KeyStore): Promise<Entry> {
  if (entry.sealed.kind !== 'unbound') return entry;
  const key = await keys.find(entry.sealed.keyId);
  const value = key && (await openEntry(entry, keys));
  return key && value !== undefined ? sealEntry({...entry, value}, key) : entry;
}

/** How long another command may write. */
const LOCK_WAIT_MS = 10_000;
const LOCK_LOOK_MS = 20;

async function changeFile(place: SecretPlace, change: (file: SecretFile) => Promise<SecretFile>): Promise<void> {
  const {projectDirectory, keys} = place;
  const lock = await takeLock(place);
  try {
    const before = await loadSecretFile(projectDirectory);
    const after = renderSecrets(await bindWhatCanBe(await change(before), keys));
    // What could not be read again is not written.
    parseSecrets(after);
    const file = path.join(projectDirectory, SECRETS_FILE);
    await mkdir(path.dirname(file), {recursive: true}).catch(error => {
      throw explainFileError(error, file);
    });
    await writeFileAtomic(file, after);
    await ensureMergeRule(path.dirname(file));
  } finally {
    lock.release();
  }
}

/** One that is there is somebody's decision. */
async function ensureMergeRule(folder: string): Promise<void> {
  const file = path.join(folder, '.gitattributes');
  if ((await readTextIfExists(file)) === undefined) await writeFileAtomic(file, MERGE_RULE, PUBLIC_FILE);
}

async function takeLock({dataFolder, clock = systemClock}: SecretPlace): Promise<Lock> {
  await ensureFolder(dataFolder);
  const never = new AbortController().signal;
  for (const end = clock.now() + LOCK_WAIT_MS; ; ) {
    const lock = tryLock(path.join(dataFolder, 'secrets.lock'));
    if (lock) return lock;
    if (clock.now() >= end) {
      throw new TakoError('SECRETS_BUSY', 'another command is changing secrets', {hint: 'try again when it is over'});
    }
    await clock.sleep(LOCK_LOOK_MS, never);
  }
}
