import {
  type Asn1,
  bitString,
  boolean,
  encode,
  integer,
  objectId,
  octetString,
  sequence,
  tagged,
  taggedBytes,
} from './der.js';
import {ipBytes} from './ip.js';

/** One extension of a certificate, ready to encode. */
export type Extension = Asn1;

export const OIDS = {
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  nameConstraints: '2.5.29.30',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  acmeIdentifier: '1.3.6.1.5.5.7.1.31',
} as const;

/** The tags of GeneralName (RFC 5280 section 4.2.1.6). */
export const GENERAL_NAME = {dns: 2, ip: 7} as const;

/** Bit numbers of KeyUsage (RFC 5280 section 4.2.1.3). */
const KEY_USAGE_BITS = {digitalSignature: 0, keyCertSign: 5, cRLSign: 6} as const;
const PURPOSES = {serverAuth: '1.3.6.1.5.5.7.3.1'} as const;

export type KeyUsage = keyof typeof KEY_USAGE_BITS;
export type Purpose = keyof typeof PURPOSES;

/** `certificatesBelow` is the path length: 0 signs leaves only. */
export const certificateAuthority = (certificatesBelow: number): Extension =>
  extension('basicConstraints', sequence(boolean(true), integer(certificatesBelow)), true);

/** BasicConstraints of a leaf; cA is FALSE by default, and a default is left out in DER. */
export const endEntity = (): Extension => extension('basicConstraints', sequence(), true);

export function keyUsage(...usages: KeyUsage[]): Extension {
  const bits: number[] = usages.map(usage => KEY_USAGE_BITS[usage]);
  const byte = bits.reduce((sum, bit) => sum | (0x80 >> bit), 0);
  // Named bits end with the last one set (X.690 section 11.2.2).
  return extension('keyUsage', bitString(Buffer.from([byte]), 7 - Math.max(...bits)), true);
}

export const extendedKeyUsage = (...purposes: Purpose[]): Extension =>
  extension('extendedKeyUsage', sequence(...purposes.map(purpose => objectId(PURPOSES[purpose]))));

/**
 * Host names and IP addresses as text. An address becomes an iPAddress: clients compare bytes, not text.
 * Critical when the subject is empty (RFC 5280 section 4.2.1.6).
 */
export const subjectAltName = (names: readonly string[], {critical}: {critical: boolean}): Extension =>
  extension('subjectAltName', sequence(...names.map(generalName)), critical);

export const subjectKeyIdentifier = (id: Uint8Array): Extension => extension('subjectKeyIdentifier', octetString(id));

export const authorityKeyIdentifier = (id: Uint8Array): Extension =>
  extension('authorityKeyIdentifier', sequence(taggedBytes(0, id)));

/** What proves to a CA that a key authorization, given by its SHA-256, is known here (RFC 8737 section 3). */
export const acmeIdentifier = (digest: Uint8Array): Extension => extension('acmeIdentifier', octetString(digest), true);

/** Extension ::= SEQUENCE {extnID, critical DEFAULT FALSE, extnValue}: a default is left out in DER. */
export function extension(name: keyof typeof OIDS, value: Asn1, critical = false): Extension {
  return sequence(objectId(OIDS[name]), ...(critical ? [boolean(true)] : []), octetString(encode(value)));
}

/** The extensions of a certificate as they stand in it. */
export const extensionList = (extensions: readonly Extension[]): Asn1 => tagged(3, sequence(...extensions));

function generalName(name: string): Asn1 {
  const address = ipBytes(name);
  return address ? taggedBytes(GENERAL_NAME.ip, address) : taggedBytes(GENERAL_NAME.dns, Buffer.from(name, 'ascii'));
}
