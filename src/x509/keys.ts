import {createHash, generateKeyPairSync, type KeyObject} from 'node:crypto';
import {children, contents, decode} from './der.js';

export type KeyPair = {readonly privateKey: KeyObject; readonly publicKey: KeyObject};

/** A new ECDSA key on P-256: the one curve every TLS client takes. */
export const generateKeys = (): KeyPair => generateKeyPairSync('ec', {namedCurve: 'prime256v1'});

/** SubjectPublicKeyInfo, DER. */
export const subjectPublicKeyInfo = (publicKey: KeyObject): Buffer => publicKey.export({type: 'spki', format: 'der'});

export const privateKeyPem = (privateKey: KeyObject): string =>
  privateKey.export({type: 'pkcs8', format: 'pem'}).toString();

/** The first 160 bits of the SHA-256 of the public key's BIT STRING (RFC 7093 section 2, method 1). */
export function keyIdentifier(publicKey: KeyObject): Buffer {
  const [, subjectPublicKey] = children(decode(subjectPublicKeyInfo(publicKey)));
  const unusedBitsByte = 1;
  const bits = contents(subjectPublicKey).subarray(unusedBitsByte);
  return createHash('sha256').update(bits).digest().subarray(0, 20);
}
