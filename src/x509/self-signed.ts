import {signCertificate} from './certificate.js';
import {endEntity, extendedKeyUsage, keyUsage, subjectAltName, subjectKeyIdentifier} from './extensions.js';
import {generateKeys, keyIdentifier, privateKeyPem} from './keys.js';
import {distinguishedName} from './names.js';

export type SelfSignedOptions = {
  /** Host names and IP addresses; the first is the common name too. At least one. */
  readonly names: readonly [string, ...string[]];
  /** Milliseconds since the epoch. */
  readonly notBefore: number;
  readonly notAfter: number;
};

/** A server's certificate that nobody vouches for, and its key, both PEM. */
export function createSelfSigned({names, notBefore, notAfter}: SelfSignedOptions): {cert: string; key: string} {
  const {privateKey, publicKey} = generateKeys();
  const name = distinguishedName({commonName: names[0]});
  const extensions = [
    endEntity(),
    keyUsage('digitalSignature'),
    extendedKeyUsage('serverAuth'),
    subjectAltName(names, {critical: false}),
    subjectKeyIdentifier(keyIdentifier(publicKey)),
  ];
  const content = {subject: name, issuer: name, publicKey, notBefore, notAfter, extensions};
  return {cert: signCertificate(content, privateKey), key: privateKeyPem(privateKey)};
}
