import {createPrivateKey, type KeyObject} from 'node:crypto';
import {chmod} from 'node:fs/promises';
import type {Clock} from '../system/clock.js';
import {ensurePrivateFolder, PRIVATE_FILE, PUBLIC_FILE, readTextIfExists} from '../system/files.js';
import {generateKeys, privateKeyPem} from '../x509/keys.js';
import {type NameConstraints, parseNameConstraints} from '../x509/name-constraints.js';
import {extensionValue} from '../x509/read-certificate.js';
import {damaged, expired} from './authority-error.js';
import {authorityFiles, moveIfThere, readOrCreate} from './authority-files.js';
import {currentOwner} from './owner.js';
import {issueRoot, parseRoot, type RootCertificate, readRoot} from './root.js';
import {localConstraints} from './zones.js';

// The local authority: one root certificate per user, and the key that signs leaves for it.
//
// The key is written first and the certificate after it, each complete or not at all. A
// certificate without its key therefore never comes from a crash, and is an error; a key
// without a certificate does, and the certificate is made from it. Nothing that a user may
// have trusted already is ever replaced in silence. A rotation moves a new key into place, and
// then its certificate: whoever comes between the two completes it.

export type Authority = {
  readonly root: RootCertificate;
  readonly key: KeyObject;
  /** What the root says it may sign; clients refuse everything else. */
  readonly constraints: NameConstraints;
};

export type AuthorityOptions = {
  /** Holds `ca.crt` and `ca.key`; made with mode 0700. */
  readonly folder: string;
  readonly clock: Clock;
  /** Signed beside the local zones by a root that is made now; one that exists stays as it is. */
  readonly permittedZones?: readonly string[];
  /** Who the root's name says it belongs to: `user@host` of this process unless told. */
  readonly owner?: string;
};

/** Loads the authority of a folder, or makes it; its key is closed to others. Throws CA_DAMAGED, CA_EXPIRED, and ZONE_INVALID for a new one. */
export async function openAuthority({
  folder,
  clock,
  permittedZones = [],
  owner = currentOwner(),
}: AuthorityOptions): Promise<Authority> {
  await ensurePrivateFolder(folder);
  const authority =
    (await loadAuthority({folder, clock})) ?? (await create(folder, owner, localConstraints(permittedZones), clock));
  await chmod(authorityFiles(folder).key, PRIVATE_FILE);
  return authority;
}

/** The root alone, as trust stores need it; undefined when there is none. Throws CA_DAMAGED. */
export const loadRoot = (folder: string): Promise<RootCertificate | undefined> =>
  readRoot(authorityFiles(folder).certificate);

/** The root that a rotation replaced, to be taken out of trust stores. Throws CA_DAMAGED. */
export const loadPreviousRoot = (folder: string): Promise<RootCertificate | undefined> =>
  readRoot(authorityFiles(folder).previous);

/** The authority of a folder as it is; undefined when there is none. Throws CA_DAMAGED and CA_EXPIRED. */
export async function loadAuthority({
  folder,
  clock,
}: Pick<AuthorityOptions, 'folder' | 'clock'>): Promise<Authority | undefined> {
  const root = await loadRoot(folder);
  if (!root) return undefined;
  const {key: keyFile} = authorityFiles(folder);
  const keyPem = await readTextIfExists(keyFile);
  if (keyPem === undefined) throw damaged(folder, 'ca.key is missing');
  const key = parseKey(folder, keyPem);
  const authority = assemble(folder, (await completeRotation(folder, root, key)) ?? root, key);
  if (Date.parse(authority.root.certificate.validTo) <= clock.now()) throw expired(folder);
  return authority;
}

/** The root whose key is in place already, put in its place too; undefined when no rotation was cut short there. */
async function completeRotation(
  folder: string,
  root: RootCertificate,
  key: KeyObject,
): Promise<RootCertificate | undefined> {
  if (root.certificate.checkPrivateKey(key)) return undefined;
  const files = authorityFiles(folder);
  const next = await readRoot(files.next);
  if (!next) return loadRoot(folder);
  if (!next.certificate.checkPrivateKey(key)) return undefined;
  await moveIfThere(files.next, files.certificate);
  return {...next, file: files.certificate};
}

async function create(folder: string, owner: string, constraints: NameConstraints, clock: Clock): Promise<Authority> {
  const files = authorityFiles(folder);
  const keyPem = await readOrCreate(files.key, () => privateKeyPem(generateKeys().privateKey), PRIVATE_FILE);
  const key = parseKey(folder, keyPem);
  const pem = await readOrCreate(files.certificate, () => issueRoot(key, owner, constraints, clock.now()), PUBLIC_FILE);
  return assemble(folder, parseRoot(files.certificate, pem), key);
}

function assemble(folder: string, root: RootCertificate, key: KeyObject): Authority {
  const {certificate} = root;
  if (!certificate.checkPrivateKey(key)) throw damaged(folder, 'ca.key does not belong to ca.crt');
  if (!certificate.ca || !certificate.verify(certificate.publicKey)) throw damaged(folder, 'ca.crt is not a root');
  const constraints = extensionValue(certificate, 'nameConstraints');
  if (!constraints) throw damaged(folder, 'ca.crt is not limited to local names');
  return {root, key, constraints: parseNameConstraints(constraints)};
}

function parseKey(folder: string, pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    throw damaged(folder, 'ca.key is not a key', cause);
  }
}
