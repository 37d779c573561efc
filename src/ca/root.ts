import {createPublicKey, type KeyObject, X509Certificate} from 'node:crypto';
import path from 'node:path';
import {readTextIfExists} from '../system/files.js';
import {signCertificate} from '../x509/certificate.js';
import {
  authorityKeyIdentifier,
  certificateAuthority,
  extendedKeyUsage,
  keyUsage,
  subjectKeyIdentifier,
} from '../x509/extensions.js';
import {keyIdentifier} from '../x509/keys.js';
import {type NameConstraints, nameConstraints} from '../x509/name-constraints.js';
import {distinguishedName} from '../x509/names.js';
import {damaged} from './authority-error.js';
import {newRootName} from './owner.js';
import {ROOT_VALIDITY_DAYS, validityOf} from './validity.js';

/** The certificate that clients are asked to trust, and the file it is in. */
export type RootCertificate = {readonly file: string; readonly certificate: X509Certificate};

/** The root in a file, or undefined when there is no such file. Throws CA_DAMAGED. */
export async function readRoot(file: string): Promise<RootCertificate | undefined> {
  const pem = await readTextIfExists(file);
  return pem === undefined ? undefined : parseRoot(file, pem);
}

/** Throws CA_DAMAGED when the text is not a certificate. */
export function parseRoot(file: string, pem: string): RootCertificate {
  try {
    return {file, certificate: new X509Certificate(pem)};
  } catch (cause) {
    throw damaged(path.dirname(file), `${path.basename(file)} is not a certificate`, cause);
  }
}

/**
 * May sign leaves only, only of TLS servers, and only for what the constraints permit: those limit host names and
 * addresses, so the purpose is what keeps clients from taking a leaf for an e-mail address or code. `now` is milliseconds since the
 * epoch. Returns PEM.
 */
export function issueRoot(key: KeyObject, owner: string, constraints: NameConstraints, now: number): string {
  const publicKey = createPublicKey(key);
  const name = distinguishedName({organization: 'tako', commonName: newRootName(owner)});
  const extensions = [
    certificateAuthority(0),
    keyUsage('keyCertSign', 'cRLSign'),
    extendedKeyUsage('serverAuth'),
    nameConstraints(constraints),
    subjectKeyIdentifier(keyIdentifier(publicKey)),
    authorityKeyIdentifier(keyIdentifier(publicKey)),
  ];
  const content = {subject: name, issuer: name, publicKey, ...validityOf(ROOT_VALIDITY_DAYS, now), extensions};
  return signCertificate(content, key);
}

/** SHA-256 over the whole certificate, 64 lower case hex digits. */
export const fingerprintOf = (certificate: X509Certificate): string =>
  certificate.fingerprint256.replaceAll(':', '').toLowerCase();

/** What files and nicknames in trust stores are called: `tako-` and 8 hex digits of the fingerprint. */
export const storeNameOf = (certificate: X509Certificate): string => `tako-${fingerprintOf(certificate).slice(0, 8)}`;
