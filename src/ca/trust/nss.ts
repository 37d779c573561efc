import {existsSync} from 'node:fs';
import path from 'node:path';
import {errorCode} from '../../system/error.js';
import type {Run, ShellCommand} from '../../system/exec.js';
import {storeNameOf} from '../root.js';
import {findNssFolders, hasDatabase, type NssFolder} from './nss-folders.js';
import {takoRoots} from './stored-certificates.js';
import type {
  NssStore,
  StoredRoot,
  StoreEdit,
  StoreLocation,
  TrustChange,
  TrustWorld,
  UnavailableStore,
} from './trust-store.js';

// The databases of Chromium (on Linux) and Firefox (everywhere), which do not read the
// system's store. They belong to the user: nothing here is elevated. A root is added with
// the trust `C,,`: it may vouch for TLS servers, and for nothing else.

const TRUST = 'C,,';

/** Package managers by the file that tells they are there, and what they call certutil's package. */
const PACKAGES: readonly (readonly [file: string, install: string])[] = [
  ['/usr/bin/apt-get', 'apt install libnss3-tools'],
  ['/usr/bin/dnf', 'dnf install nss-tools'],
  ['/usr/bin/pacman', 'pacman -S nss'],
  ['/usr/bin/zypper', 'zypper install mozilla-nss-tools'],
  ['/sbin/apk', 'apk add nss-tools'],
];

/** Also those of the folders `known`, where nothing leads to them any more and they are still there. */
export async function readNssStores(
  world: TrustWorld,
  known: readonly StoreLocation[] = [],
): Promise<(NssStore | UnavailableStore)[]> {
  const {home, run} = world;
  const found = await findNssFolders(world);
  const others = known.filter(({path: folder}) => hasDatabase(folder) && !found.some(other => other.folder === folder));
  const folders = [
    ...found,
    ...others.map(({name, path: folder}) => ({folder, browser: browserOf(name), exists: true})),
  ];
  if (folders.length === 0) return [];
  if (!(await hasCertutil(run))) return [withoutCertutil(world)];
  return Promise.all(folders.map(folder => readStore(folder, home, run)));
}

/** `Firefox` of `Firefox (~/.mozilla/firefox/abc.default)`. */
const browserOf = (name: string): string => name.split(' (', 1)[0] ?? name;

async function readStore(
  {folder, browser, exists}: NssFolder,
  home: string,
  run: Run,
): Promise<NssStore | UnavailableStore> {
  const name = `${browser} (${folder.replace(home, '~')})`;
  if (!exists) return {kind: 'nss', name, folder, exists, roots: []};
  const list = await run(certutil(folder, '-L'));
  if (list.exitCode !== 0) {
    return {kind: 'unavailable', name, reason: list.stderr.trim(), of: {kind: 'nss', path: folder}};
  }
  const roots = await Promise.all(parseList(list.stdout).map(entry => readEntry(folder, entry, run)));
  return {kind: 'nss', name, folder, exists, roots: roots.flat()};
}

type Entry = {readonly nickname: string; readonly trust: string};

/** Lines of a nickname and three trust flags, one each for TLS, mail and code. */
function parseList(output: string): Entry[] {
  const lines = [...output.matchAll(/^(tako-\S+) +(\w*),\w*,\w*\s*$/gm)];
  return lines.map(([, nickname = '', trust = '']) => ({nickname, trust}));
}

async function readEntry(folder: string, {nickname, trust}: Entry, run: Run): Promise<StoredRoot[]> {
  const {stdout} = await run(certutil(folder, '-L', '-n', nickname, '-a'));
  return takoRoots(stdout).map(certificate => ({certificate, place: nickname, active: trust.includes('C')}));
}

export function planNss({name: store, folder, exists}: NssStore, {add, remove}: StoreEdit): TrustChange[] {
  const removals = remove.map(({place}) => ({
    store,
    description: `remove ${place}`,
    command: certutil(folder, '-D', '-n', place),
  }));
  if (!add) return removals;
  const nickname = storeNameOf(add.certificate);
  const addition = {
    store,
    description: `trust the root certificate as ${nickname}`,
    command: certutil(folder, '-A', '-n', nickname, '-t', TRUST, '-i', add.file),
  };
  return [...(exists ? [] : planDatabase(store, folder)), ...removals, addition];
}

const planDatabase = (store: string, folder: string): TrustChange[] => [
  {
    store,
    description: `make the folder ${folder}`,
    command: {file: 'mkdir', args: ['-p', '-m', '0700', path.dirname(folder), folder]},
  },
  {store, description: 'make an empty database', command: certutil(folder, '-N', '--empty-password')},
];

async function hasCertutil(run: Run): Promise<boolean> {
  try {
    await run({file: 'certutil', args: ['-H']});
    return true;
  } catch (error) {
    if (errorCode(error) === 'TOOL_MISSING') return false;
    throw error;
  }
}

function withoutCertutil({platform, root = '/'}: TrustWorld): UnavailableStore {
  const [, install] = PACKAGES.find(([file]) => existsSync(path.join(root, file))) ?? [];
  const command = platform === 'darwin' ? 'brew install nss' : install;
  return {
    kind: 'unavailable',
    name: 'browsers with a store of their own',
    reason: `certutil is not installed; ${command ?? 'install the NSS tools'}`,
    of: {kind: 'nss'},
  };
}

const certutil = (folder: string, action: string, ...args: string[]): ShellCommand => ({
  file: 'certutil',
  args: [action, '-d', `sql:${folder}`, ...args],
});
