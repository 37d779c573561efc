import {createPrivateKey, X509Certificate} from 'node:crypto';
import {isIP} from 'node:net';
import type {Certificate} from '../proxy/certificate-source.js';
import {signCertificate} from '../x509/certificate.js';
import {
  authorityKeyIdentifier,
  endEntity,
  extendedKeyUsage,
  keyUsage,
  subjectAltName,
  subjectKeyIdentifier,
} from '../x509/extensions.js';
import {generateKeys, keyIdentifier, privateKeyPem} from '../x509/keys.js';
import {distinguishedName} from '../x509/names.js';
import {splitPem} from '../x509/pem.js';
import {subjectOf} from '../x509/read-certificate.js';
import type {Authority} from './authority.js';
import {LEAF_VALIDITY_DAYS, RENEW_BEFORE_MS, validityOf} from './validity.js';

/** A certificate for one name, and when to use it, in milliseconds since the epoch. */
export type Leaf = {readonly certificate: Certificate; readonly validFrom: number; readonly renewAt: number};

/**
 * Signs a certificate for exactly this host name or IP address, with a key of its own. The name is in a critical
 * SubjectAltName and the subject is empty (RFC 5280 section 4.1.2.6): no client reads the common name any more, and it
 * could not hold a name over 64 characters. The chain is the leaf alone, as a client that does not hold the root
 * already would not trust one it was sent (RFC 8446 section 4.4.2).
 */
export function issueLeaf({root, key}: Authority, name: string, now: number): Leaf {
  const {privateKey, publicKey} = generateKeys();
  const content = {
    subject: distinguishedName({}),
    issuer: subjectOf(root.certificate),
    publicKey,
    ...validityOf(LEAF_VALIDITY_DAYS, now),
    extensions: [
      endEntity(),
      keyUsage('digitalSignature'),
      extendedKeyUsage('serverAuth'),
      subjectAltName([name], {critical: true}),
      subjectKeyIdentifier(keyIdentifier(publicKey)),
      authorityKeyIdentifier(keyIdentifier(root.certificate.publicKey)),
    ],
  };
  return leafOf({cert: signCertificate(content, key), key: privateKeyPem(privateKey)});
}

export const isFresh = ({validFrom, renewAt}: Leaf, now: number): boolean => validFrom <= now && now < renewAt;

/** The leaf as one text, so that certificate and key are never of two issues. */
export const leafText = ({certificate: {cert, key}}: Leaf): string => cert + key;

/** The leaf in a text, or undefined when it is damaged, for another name, or not signed by this authority's root. */
export function parseLeaf(text: string, {root}: Authority, name: string): Leaf | undefined {
  const [cert] = splitPem('CERTIFICATE', text);
  const [key] = splitPem('PRIVATE KEY', text);
  try {
    return cert && key && isLeafOf(root.certificate, name, cert, key) ? leafOf({cert, key}) : undefined;
  } catch {
    return undefined;
  }
}

function isLeafOf(root: X509Certificate, name: string, cert: string, key: string): boolean {
  const leaf = new X509Certificate(cert);
  return (
    leaf.checkIssued(root) &&
    leaf.verify(root.publicKey) &&
    leaf.checkPrivateKey(createPrivateKey(key)) &&
    (isIP(name) ? leaf.checkIP(name) : leaf.checkHost(name, {subject: 'never'})) !== undefined
  );
}

function leafOf(certificate: Certificate): Leaf {
  const {validFrom, validTo} = new X509Certificate(certificate.cert);
  return {certificate, validFrom: Date.parse(validFrom), renewAt: Date.parse(validTo) - RENEW_BEFORE_MS};
}
