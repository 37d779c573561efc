import {existsSync} from 'node:fs';
import path from 'node:path';
import {isOwnedBy, ownerOf} from '../owner.js';
import {fingerprintOf, type RootCertificate} from '../root.js';
import {planJava, readJavaStores} from './java.js';
import {planLinux, readKnownLinuxStores, readLinuxStore} from './linux.js';
import {planMacos, readMacosStore} from './macos.js';
import {planNss, readNssStores} from './nss.js';
import {hasDatabase} from './nss-folders.js';
import {isAt, isSameInstallation, locationOf} from './store-location.js';
import type {
  Installation,
  ReadableStore,
  RootToRemove,
  StoredRoot,
  StoreEdit,
  StoreKind,
  StoreLocation,
  TrustChange,
  TrustPlan,
  TrustStore,
  TrustWorld,
} from './trust-store.js';
import {planWindows, readWindowsStore} from './windows.js';

// Whether the clients of this machine trust the root, and what would make them.
//
// Facts are read first, once; checks and plans follow from them alone, and `applyPlan` is
// the only thing that changes a store. What a store holds is told by its content: a file or
// a nickname of the right name may be left from a root that is gone.

export type TrustFacts = {
  readonly stores: readonly TrustStore[];
  /** What is on record as put into stores. */
  readonly installed: readonly Installation[];
  /** Of those, what was put into stores that are there no more. */
  readonly gone: readonly Installation[];
};

/** Looks at every store of this machine, and at those that are on record. Changes nothing and asks for no rights. */
export async function readTrustFacts(world: TrustWorld, installed: readonly Installation[] = []): Promise<TrustFacts> {
  const known = (kind: StoreKind): StoreLocation[] =>
    installed.filter(({store}) => store.kind === kind).map(({store}) => store);
  const isMac = world.platform === 'darwin';
  const [system, windows, nss, java] = await Promise.all([
    isMac ? readMacosStore(world) : readLinuxStore(world),
    isMac ? undefined : readWindowsStore(world),
    readNssStores(world, known('nss')),
    readJavaStores(world, known('java')),
  ]);
  const more = await readKnownLinuxStores(known('linux'), world);
  const others = more.filter(store => !(system.kind === 'linux' && store.anchors === system.anchors));
  const stores = [system, ...others, ...(windows ? [windows] : []), ...nss, ...java];
  return {stores, installed, gone: installed.filter(({store}) => isGone(store, stores, world))};
}

/** A store that cannot be read for now is not gone. */
function isGone({kind, path: place}: StoreLocation, stores: readonly TrustStore[], {root = '/'}: TrustWorld): boolean {
  if (kind === 'nss') return !hasDatabase(place);
  if (kind === 'java' || kind === 'linux') return !existsSync(path.join(root, place));
  return !stores.some(store => store.kind === kind || (store.kind === 'unavailable' && store.of?.kind === kind));
}

/** What one store says of the root. `stale` is a root of this user's that another has replaced. */
export type StoreTrust =
  | {readonly store: string; readonly state: 'trusted' | 'not-trusted' | 'stale'}
  | {readonly store: string; readonly state: 'unavailable'; readonly reason: string};

export const checkTrust = ({stores}: TrustFacts, root: RootCertificate): readonly StoreTrust[] =>
  stores.map(store =>
    store.kind === 'unavailable'
      ? {store: store.name, state: 'unavailable', reason: store.reason}
      : {store: store.name, state: stateOf(store.roots, root)},
  );

/**
 * Adds the root where it is not trusted, and removes the user's earlier ones. Roots of other users of the machine stay.
 * `previous` is the root that this one replaced, `next` one that is about to replace it.
 */
export function planTrust(
  {stores, installed}: TrustFacts,
  root: RootCertificate,
  previous?: RootCertificate,
  next?: RootCertificate,
): TrustPlan {
  const files = previous ? [previous] : [];
  const isOld = (stored: StoredRoot): boolean =>
    (isStale(stored, root) || (!isSame(root, stored.certificate) && isInstalled(stored, installed))) &&
    !(next && isSame(next, stored.certificate));
  const changes = readable(stores).flatMap(store => {
    const remove = store.roots.filter(isOld).map(stored => withFile(stored, files));
    return planStore(store, stateOf(store.roots, root) === 'trusted' ? {remove} : {add: root, remove});
  });
  return {changes};
}

/** Adds the root to the stores that have another of this user's, which stays. */
export function planSuccessor({stores, installed}: TrustFacts, old: RootCertificate, next: RootCertificate): TrustPlan {
  const isOurs = (stored: StoredRoot): boolean =>
    isSame(old, stored.certificate) || isStale(stored, old) || isInstalled(stored, installed);
  const changes = readable(stores)
    .filter(({roots}) => roots.some(isOurs) && stateOf(roots, next) !== 'trusted')
    .flatMap(store => planStore(store, {add: next, remove: []}));
  return {changes};
}

/**
 * Removes every root of this owner (`user@host`), and what is on record as put there. `files` are those that are still at hand,
 * `kept` is one that stays.
 */
export function planUntrust(
  {stores, installed, gone}: TrustFacts,
  owner: string,
  files: readonly RootCertificate[],
  kept?: RootCertificate,
): TrustPlan {
  const isOurs = (stored: StoredRoot): boolean =>
    isOwnedBy(stored.certificate, owner) ||
    files.some(file => isSame(file, stored.certificate)) ||
    isInstalled(stored, installed);
  const changes = readable(stores).flatMap(store => {
    const own = store.roots.filter(stored => isOurs(stored) && !(kept && isSame(kept, stored.certificate)));
    return planStore(store, {remove: own.map(stored => withFile(stored, files))});
  });
  const isLeft = ({fingerprint}: Installation): boolean => !kept || fingerprint !== fingerprintOf(kept.certificate);
  const notes = [...gone.filter(isLeft).map(describeGone), ...notesOf(stores, installed.filter(isLeft), gone)];
  return {changes, notes: [...new Set(notes)]};
}

/** Whether what is on record may still be in its store: it is there, or the store cannot be read. */
export function isStillThere({stores, gone}: TrustFacts, installation: Installation): boolean {
  const {store: location, fingerprint} = installation;
  const store = stores.find(candidate => isAt(candidate, location));
  if (!store || gone.some(other => isSameInstallation(other, installation))) return false;
  return (
    store.kind === 'unavailable' || store.roots.some(({certificate}) => fingerprintOf(certificate) === fingerprint)
  );
}

const describeGone = ({store: {name}}: Installation): string => `${name}: it is gone, and tako's certificate with it`;

/** Of stores that were given a root and cannot be read. */
const notesOf = (
  stores: readonly TrustStore[],
  installed: readonly Installation[],
  gone: readonly Installation[],
): readonly string[] =>
  installed
    .filter(installation => !gone.includes(installation))
    .flatMap(({store: location}) => {
      const store = stores.find(candidate => isAt(candidate, location));
      if (store?.kind !== 'unavailable') return [];
      return [`${location.name}: tako's certificate may still be there; ${store.reason}`];
    });

const readable = (stores: readonly TrustStore[]): ReadableStore[] =>
  stores.filter((store): store is ReadableStore => store.kind !== 'unavailable');

function planStore(store: ReadableStore, edit: StoreEdit): TrustChange[] {
  const changes = planKind(store, edit);
  if (!edit.add) return changes;
  const {certificate} = edit.add;
  const installs = {
    store: locationOf(store),
    fingerprint: fingerprintOf(certificate),
    certificate: certificate.toString(),
  };
  return changes.map(change => ({...change, installs}));
}

function planKind(store: ReadableStore, edit: StoreEdit): TrustChange[] {
  switch (store.kind) {
    case 'linux':
      return planLinux(store, edit);
    case 'macos':
      return planMacos(store, edit);
    case 'nss':
      return planNss(store, edit);
    case 'java':
      return planJava(store, edit);
    case 'windows':
      return planWindows(store, edit);
  }
}

function stateOf(roots: readonly StoredRoot[], root: RootCertificate): 'trusted' | 'not-trusted' | 'stale' {
  if (roots.some(stored => stored.active && isSame(root, stored.certificate))) return 'trusted';
  return roots.some(stored => isStale(stored, root)) ? 'stale' : 'not-trusted';
}

const isStale = ({certificate}: StoredRoot, root: RootCertificate): boolean =>
  !isSame(root, certificate) && isOwnedBy(certificate, ownerOf(root.certificate) ?? '');

/** By its fingerprint: the machine may have had another name then. */
const isInstalled = ({certificate}: StoredRoot, installed: readonly Installation[]): boolean =>
  installed.some(({fingerprint}) => fingerprint === fingerprintOf(certificate));

function withFile(stored: StoredRoot, files: readonly RootCertificate[]): RootToRemove {
  const known = files.find(root => isSame(root, stored.certificate));
  return known ? {...stored, file: known.file} : stored;
}

const isSame = (root: RootCertificate, certificate: RootCertificate['certificate']): boolean =>
  fingerprintOf(root.certificate) === fingerprintOf(certificate);
