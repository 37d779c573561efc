import {createHash} from 'node:crypto';
import {signCertificate} from './certificate.js';
import {acmeIdentifier, subjectAltName} from './extensions.js';
import {generateKeys, privateKeyPem} from './keys.js';
import {distinguishedName} from './names.js';

const HOUR_MS = 60 * 60_000;

/**
 * What a server shows a CA that looks for proof of a name: a self-signed certificate for that name alone, with the SHA-256 of
 * the key authorization (RFC 8737 section 3). Both PEM; `now` is milliseconds since the epoch.
 */
export function createChallengeCertificate(
  name: string,
  keyAuthorization: string,
  now: number,
): {cert: string; key: string} {
  const {privateKey, publicKey} = generateKeys();
  const subject = distinguishedName({commonName: 'ACME challenge'});
  const digest = createHash('sha256').update(keyAuthorization).digest();
  const extensions = [subjectAltName([name], {critical: false}), acmeIdentifier(digest)];
  const content = {subject, issuer: subject, publicKey, notBefore: now - HOUR_MS, notAfter: now + HOUR_MS, extensions};
  return {cert: signCertificate(content, privateKey), key: privateKeyPem(privateKey)};
}
