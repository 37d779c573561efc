import {accessSync, constants, existsSync} from 'node:fs';
import {readFile} from 'node:fs/promises';
import path from 'node:path';
import type {Run, ShellCommand} from '../../system/exec.js';
import {storeNameOf} from '../root.js';
import {findJavaHomes, type JavaHome} from './java-homes.js';
import {isEncrypted, rootsInKeystore} from './keystore.js';
import {takoRoots} from './stored-certificates.js';
import type {
  JavaStore,
  StoredRoot,
  StoreEdit,
  StoreLocation,
  TrustChange,
  TrustWorld,
  UnavailableStore,
} from './trust-store.js';

// Java has a list of roots of its own, `cacerts`, for each JDK. Distributions make it of the system's store: such a one is
// looked at and left alone, as the system's update writes it anew.

/** Debian's and Alpine's, Fedora's, Arch's, SUSE's, and what Adoptium's packages make of the system's. */
const DERIVED: readonly string[] = [
  '/etc/ssl/certs/java/cacerts',
  '/etc/pki/ca-trust/extracted/java/cacerts',
  '/etc/ca-certificates/extracted/java-cacerts.jks',
  '/var/lib/ca-certificates/java-cacerts',
  '/etc/ssl/certs/adoptium/cacerts',
];

/** The one that every JDK is delivered with; it protects nothing. */
const PASSWORD = 'changeit';

/** Also those of the files `known`, where no Java leads to them any more and they are still there. */
export async function readJavaStores(
  world: TrustWorld,
  known: readonly StoreLocation[] = [],
): Promise<(JavaStore | UnavailableStore)[]> {
  const {root = '/'} = world;
  const found = await findJavaHomes(world);
  const others = known.flatMap(({path: keystore}): JavaHome[] =>
    existsSync(path.join(root, keystore)) && !found.some(other => other.keystore === keystore)
      ? [{home: homeOf(keystore), keystore}]
      : [],
  );
  return Promise.all([...found, ...others].map(java => readStore(java, world)));
}

const homeOf = (keystore: string): string => keystore.replace(/(?:\/jre)?\/lib\/security\/cacerts$/, '');

async function readStore(
  {home, keystore}: JavaHome,
  {root = '/', home: userHome, run}: TrustWorld,
): Promise<JavaStore | UnavailableStore> {
  const file = path.join(root, keystore);
  const isDerived = DERIVED.includes(keystore);
  const keytool = path.join(home, 'bin/keytool');
  const name = isDerived ? `Java (${keystore}, made of the system store)` : `Java (${home.replace(userHome, '~')})`;
  if (!isDerived && !existsSync(path.join(root, keytool))) {
    const reason = `${keytool} is not there, and it is what changes ${keystore}`;
    return {kind: 'unavailable', name, reason, of: {kind: 'java', path: keystore}};
  }
  const roots = await readRoots(await readFile(file), {keystore, keytool}, run);
  return {kind: 'java', name, keystore, keytool, isDerived, isElevated: !isWritable(file), roots};
}

type Keystore = Pick<JavaStore, 'keystore' | 'keytool'>;

async function readRoots(bytes: Buffer, store: Keystore, run: Run): Promise<StoredRoot[]> {
  const roots = rootsInKeystore(bytes);
  const isKnown = roots.every(({alias}) => alias !== undefined) && !isEncrypted(bytes);
  if (!isKnown) return listByKeytool(store, run);
  return roots.map(({certificate, alias = ''}) => ({certificate, place: alias, active: true}));
}

/** It says `Alias name: ` in front of each certificate, in the language of the environment. */
async function listByKeytool(store: Keystore, run: Run): Promise<StoredRoot[]> {
  const {stdout} = await run(keytool(store, ['-J-Duser.language=en', '-list', '-rfc']));
  return stdout.split(/^Alias name: /m).flatMap(entry => {
    const [place = ''] = entry.split('\n', 1);
    return takoRoots(entry).map(certificate => ({certificate, place: place.trim(), active: true}));
  });
}

/** Nothing for a store that the system's update makes. */
export function planJava(store: JavaStore, {add, remove}: StoreEdit): TrustChange[] {
  const {name, isDerived, isElevated} = store;
  if (isDerived) return [];
  const change = (description: string, args: readonly string[]): TrustChange => ({
    store: name,
    description,
    command: {...keytool(store, args), elevated: isElevated},
  });
  const removals = remove.map(({place}) => change(`remove ${place}`, ['-delete', '-alias', place]));
  if (!add) return removals;
  const alias = storeNameOf(add.certificate);
  const addition = change(`trust the root certificate as ${alias}`, [
    ...['-importcert', '-noprompt', '-alias', alias, '-file', add.file],
  ]);
  return [...removals, addition];
}

const keytool = ({keystore, keytool: file}: Keystore, args: readonly string[]): ShellCommand => ({
  file,
  args: [...args, '-keystore', keystore, '-storepass', PASSWORD],
});

/** keytool writes a new file in the place of the old one. */
function isWritable(file: string): boolean {
  try {
    for (const one of [file, path.dirname(file)]) accessSync(one, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
