import {createPrivateKey} from 'node:crypto';
import {readFile} from 'node:fs/promises';
import {isDeepStrictEqual} from 'node:util';
import {PRIVATE_FILE, PUBLIC_FILE, readTextIfExists, writeFileAtomic} from '../system/files.js';
import {generateKeys, privateKeyPem} from '../x509/keys.js';
import {type NameConstraints, parseNameConstraints} from '../x509/name-constraints.js';
import {extensionValue} from '../x509/read-certificate.js';
import {type Authority, type AuthorityOptions, openAuthority} from './authority.js';
import {authorityFiles, moveIfThere} from './authority-files.js';
import {currentOwner} from './owner.js';
import {issueRoot, parseRoot, type RootCertificate, readRoot} from './root.js';

/** What is to take the place of a root: the certificate, as it will be in `ca.next.crt`, and its key, PEM. */
export type Successor = {readonly root: RootCertificate; readonly key: string};

/** A root with a key of its own that may sign what the constraints allow. Nothing is written. */
export function createSuccessor(constraints: NameConstraints, options: AuthorityOptions): Successor {
  const {folder, clock, owner = currentOwner()} = options;
  const key = privateKeyPem(generateKeys().privateKey);
  const pem = issueRoot(createPrivateKey(key), owner, constraints, clock.now());
  return {root: parseRoot(authorityFiles(folder).next, pem), key};
}

/** The one that a rotation which was cut short has left; undefined where there is none, or one that may sign other names. */
export async function loadSuccessor(folder: string, constraints: NameConstraints): Promise<Successor | undefined> {
  const files = authorityFiles(folder);
  const [root, key] = await Promise.all([readRoot(files.next), readTextIfExists(files.nextKey)]);
  if (!root || key === undefined || !root.certificate.checkPrivateKey(createPrivateKey(key))) return undefined;
  const extension = extensionValue(root.certificate, 'nameConstraints');
  const isAlike = extension !== undefined && isDeepStrictEqual(parseNameConstraints(extension), constraints);
  return isAlike ? {root, key} : undefined;
}

/** Writes it beside the authority, which stays in use. The key is first: a certificate without one says nothing. */
export async function storeSuccessor(folder: string, {root, key}: Successor): Promise<void> {
  const files = authorityFiles(folder);
  await writeFileAtomic(files.nextKey, key, PRIVATE_FILE);
  await writeFileAtomic(files.next, root.certificate.toString(), PUBLIC_FILE);
}

/**
 * Puts the successor that was stored into the place of the authority; the old root goes to `ca.previous.crt`. Cut short
 * anywhere, it has not happened, or the next that opens the authority completes it.
 */
export async function installSuccessor(options: AuthorityOptions): Promise<Authority> {
  const files = authorityFiles(options.folder);
  await writeFileAtomic(files.previous, await readFile(files.certificate), PUBLIC_FILE);
  await moveIfThere(files.nextKey, files.key);
  await moveIfThere(files.next, files.certificate);
  return openAuthority(options);
}
