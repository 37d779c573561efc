import type {Installation, ReadableStore, StoreLocation, TrustStore} from './trust-store.js';

/** Where a store is, for the record. */
export const locationOf = (store: ReadableStore): StoreLocation => ({
  kind: store.kind,
  name: store.name,
  path: pathOf(store),
});

function pathOf(store: ReadableStore): string {
  switch (store.kind) {
    case 'linux':
      return store.anchors;
    case 'nss':
      return store.folder;
    case 'java':
      return store.keystore;
    case 'macos':
      return 'System.keychain';
    case 'windows':
      return 'CurrentUser\\Root';
  }
}

/** Whether it is the store at that location, or what stands for it as it cannot be read. */
export function isAt(store: TrustStore, {kind, path}: StoreLocation): boolean {
  if (store.kind !== 'unavailable') return store.kind === kind && pathOf(store) === path;
  return store.of?.kind === kind && (store.of.path ?? path) === path;
}

/** Whether both are of one root in one store. */
export const isSameInstallation = (one: Installation, other: Installation): boolean =>
  one.fingerprint === other.fingerprint && one.store.kind === other.store.kind && one.store.path === other.store.path;
