import type {X509Certificate} from 'node:crypto';
import {existsSync} from 'node:fs';
import {readdir} from 'node:fs/promises';
import path from 'node:path';
import type {ShellCommand} from '../../system/exec.js';
import {readTextIfExists} from '../../system/files.js';
import {fingerprintOf, storeNameOf} from '../root.js';
import {takoRoots} from './stored-certificates.js';
import type {
  LinuxStore,
  StoredRoot,
  StoreEdit,
  StoreLocation,
  TrustChange,
  TrustWorld,
  UnavailableStore,
} from './trust-store.js';

// Where Linux keeps roots: a folder of certificates that the administrator adds, and a
// command that turns it into the one bundle that OpenSSL, GnuTLS, curl and others read.

type Layout = Pick<LinuxStore, 'name' | 'anchors' | 'update' | 'updateAfterRemoval'> & {
  readonly bundle: string;
  /** A file that tells it from another system with the same folders. */
  readonly mark?: string;
};

const elevated = (file: string, ...args: string[]): ShellCommand => ({file, args, elevated: true});

const UPDATE_CA_TRUST = elevated('update-ca-trust', 'extract');
const UPDATE_CA_CERTIFICATES = elevated('update-ca-certificates');
// Without --fresh, Debian's leaves the links of a removed certificate dangling in /etc/ssl/certs.
const UPDATE_FRESH = elevated('update-ca-certificates', '--fresh');

/** The first whose folder exists is the system's. */
const LAYOUTS: readonly Layout[] = [
  {
    name: 'Fedora, RHEL',
    anchors: '/etc/pki/ca-trust/source/anchors',
    bundle: '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
    update: UPDATE_CA_TRUST,
    updateAfterRemoval: UPDATE_CA_TRUST,
  },
  {
    name: 'Arch Linux',
    anchors: '/etc/ca-certificates/trust-source/anchors',
    bundle: '/etc/ca-certificates/extracted/tls-ca-bundle.pem',
    update: UPDATE_CA_TRUST,
    updateAfterRemoval: UPDATE_CA_TRUST,
  },
  {
    name: 'SUSE',
    anchors: '/etc/pki/trust/anchors',
    bundle: '/var/lib/ca-certificates/ca-bundle.pem',
    update: UPDATE_CA_CERTIFICATES,
    updateAfterRemoval: UPDATE_FRESH,
  },
  {
    // Its update-ca-certificates is another program of the same name, which clears old links by itself and has no --fresh.
    name: 'Alpine',
    mark: '/etc/alpine-release',
    anchors: '/usr/local/share/ca-certificates',
    bundle: '/etc/ssl/certs/ca-certificates.crt',
    update: UPDATE_CA_CERTIFICATES,
    updateAfterRemoval: UPDATE_CA_CERTIFICATES,
  },
  {
    name: 'Debian, Ubuntu',
    anchors: '/usr/local/share/ca-certificates',
    bundle: '/etc/ssl/certs/ca-certificates.crt',
    update: UPDATE_CA_CERTIFICATES,
    updateAfterRemoval: UPDATE_FRESH,
  },
];

export async function readLinuxStore(world: TrustWorld): Promise<LinuxStore | UnavailableStore> {
  const {root = '/'} = world;
  const layout = LAYOUTS.find(candidate => isHere(candidate, root));
  if (layout) return readLayout(layout, world);
  return unavailable(['/etc/NIXOS', '/sbin/apk'].find(file => existsSync(path.join(root, file))));
}

/** Stores of these folders that are not the system's any more, and are still there. */
export async function readKnownLinuxStores(
  known: readonly StoreLocation[],
  world: TrustWorld,
): Promise<readonly LinuxStore[]> {
  const {root = '/'} = world;
  const layouts = LAYOUTS.filter(layout => isHere(layout, root)).filter(({anchors}) =>
    known.some(location => location.path === anchors),
  );
  const byFolder = new Map(layouts.toReversed().map(layout => [layout.anchors, layout]));
  return Promise.all([...byFolder.values()].map(layout => readLayout(layout, world)));
}

const isHere = ({anchors, mark}: Layout, root: string): boolean =>
  [anchors, ...(mark === undefined ? [] : [mark])].every(file => existsSync(path.join(root, file)));

async function readLayout(layout: Layout, {root = '/'}: TrustWorld): Promise<LinuxStore> {
  const bundled = takoRoots((await readTextIfExists(path.join(root, layout.bundle))) ?? '');
  const {name, anchors, update, updateAfterRemoval} = layout;
  const roots = await readRoots(path.join(root, anchors), anchors, bundled);
  return {kind: 'linux', name: `system store (${name})`, anchors, update, updateAfterRemoval, roots};
}

/** What the administrator's folder and the bundle hold together; one that is in the bundle alone goes with the next update. */
async function readRoots(folder: string, anchors: string, bundled: readonly X509Certificate[]): Promise<StoredRoot[]> {
  const isBundled = new Set(bundled.map(fingerprintOf));
  const files = (await readdir(folder)).filter(file => /^tako-.*\.crt$/.test(file));
  const anchored = await Promise.all(
    files.map(async file =>
      takoRoots((await readTextIfExists(path.join(folder, file))) ?? '').map(certificate => ({
        certificate,
        place: path.join(anchors, file),
        active: isBundled.has(fingerprintOf(certificate)),
      })),
    ),
  );
  const found = anchored.flat();
  const isAnchored = new Set(found.map(({certificate}) => fingerprintOf(certificate)));
  const left = bundled.filter(certificate => !isAnchored.has(fingerprintOf(certificate)));
  return [
    ...found,
    ...left.map(certificate => ({certificate, place: anchorFile(anchors, certificate), active: false})),
  ];
}

/** One update serves all that is added and removed. */
export function planLinux(
  {name: store, anchors, update, updateAfterRemoval}: LinuxStore,
  edit: StoreEdit,
): TrustChange[] {
  const {add, remove} = edit;
  const removals = remove.map(({place}) => ({
    store,
    description: `remove ${place}`,
    command: elevated('rm', '-f', place),
  }));
  const additions = add ? [copyRoot(store, add.file, anchorFile(anchors, add.certificate))] : [];
  const command = remove.length > 0 ? updateAfterRemoval : update;
  const changes = [...removals, ...additions];
  return changes.length === 0 ? [] : [...changes, {store, description: 'update the list of trusted roots', command}];
}

const copyRoot = (store: string, from: string, to: string): TrustChange => ({
  store,
  description: `copy the root certificate to ${to}`,
  command: elevated('install', '-m', '0644', from, to),
});

// The name must end in .crt: update-ca-certificates overlooks everything else.
const anchorFile = (anchors: string, certificate: X509Certificate): string =>
  path.join(anchors, `${storeNameOf(certificate)}.crt`);

const unavailable = (mark: string | undefined): UnavailableStore => ({
  kind: 'unavailable',
  name: 'system store',
  reason: REASONS[mark ?? ''] ?? 'no known store; install the package ca-certificates',
  of: {kind: 'linux'},
});

const REASONS: Readonly<Record<string, string>> = {
  '/etc/NIXOS': 'NixOS is configured, not changed: add the root certificate to security.pki.certificateFiles',
  // Alpine's images have the bundle alone, from another package.
  '/sbin/apk': 'there is nothing that adds to it; apk add ca-certificates',
};
