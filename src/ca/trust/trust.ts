import {isOwnedBy, ownerOf} from '../owner.js';
import {fingerprintOf, type RootCertificate} from '../root.js';
import {planLinux, readLinuxStore} from './linux.js';
import {planMacos, readMacosStore} from './macos.js';
import {planNss, readNssStores} from './nss.js';
import type {
  RootToRemove,
  StoredRoot,
  StoreEdit,
  TrustChange,
  TrustPlan,
  TrustStore,
  TrustWorld,
} from './trust-store.js';

// Whether the clients of this machine trust the root, and what would make them.
//
// Facts are read first, once; checks and plans follow from them alone, and `applyPlan` is
// the only thing that changes a store. What a store holds is told by its content: a file or
// a nickname of the right name may be left from a root that is gone.

export type TrustFacts = {readonly stores: readonly TrustStore[]};

/** Changes nothing and asks for no rights. */
export async function readTrustFacts(world: TrustWorld): Promise<TrustFacts> {
  const system = world.platform === 'darwin' ? readMacosStore(world) : readLinuxStore(world);
  return {stores: [await system, ...(await readNssStores(world))]};
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
 * `previous` is the root that this one replaced.
 */
export function planTrust({stores}: TrustFacts, root: RootCertificate, previous?: RootCertificate): TrustPlan {
  const files = previous ? [previous] : [];
  const changes = stores.flatMap(store => {
    if (store.kind === 'unavailable') return [];
    const remove = store.roots.filter(stored => isStale(stored, root)).map(stored => withFile(stored, files));
    return planStore(store, stateOf(store.roots, root) === 'trusted' ? {remove} : {add: root, remove});
  });
  return {changes};
}

/** Removes every root of this owner (`user@host`). `files` are those that are still at hand. */
export function planUntrust({stores}: TrustFacts, owner: string, files: readonly RootCertificate[]): TrustPlan {
  const changes = stores.flatMap(store => {
    if (store.kind === 'unavailable') return [];
    const own = store.roots.filter(
      ({certificate}) => isOwnedBy(certificate, owner) || files.some(file => isSame(file, certificate)),
    );
    return planStore(store, {remove: own.map(stored => withFile(stored, files))});
  });
  return {changes};
}

function planStore(store: Exclude<TrustStore, {kind: 'unavailable'}>, edit: StoreEdit): TrustChange[] {
  switch (store.kind) {
    case 'linux':
      return planLinux(store, edit);
    case 'macos':
      return planMacos(store, edit);
    case 'nss':
      return planNss(store, edit);
  }
}

function stateOf(roots: readonly StoredRoot[], root: RootCertificate): 'trusted' | 'not-trusted' | 'stale' {
  if (roots.some(stored => stored.active && isSame(root, stored.certificate))) return 'trusted';
  return roots.some(stored => isStale(stored, root)) ? 'stale' : 'not-trusted';
}

const isStale = ({certificate}: StoredRoot, root: RootCertificate): boolean =>
  !isSame(root, certificate) && isOwnedBy(certificate, ownerOf(root.certificate) ?? '');

function withFile(stored: StoredRoot, files: readonly RootCertificate[]): RootToRemove {
  const known = files.find(root => isSame(root, stored.certificate));
  return known ? {...stored, file: known.file} : stored;
}

const isSame = (root: RootCertificate, certificate: RootCertificate['certificate']): boolean =>
  fingerprintOf(root.certificate) === fingerprintOf(certificate);
