import {type KeyObject, randomBytes, sign} from 'node:crypto';
import {type Asn1, bitString, decode, encode, integer, objectId, sequence, tagged, time} from './der.js';
import {type Extension, extensionList} from './extensions.js';
import {subjectPublicKeyInfo} from './keys.js';
import {encodePem} from './pem.js';

/** What a certificate says. Names are encoded already, so that an issuer's can be passed on byte for byte. */
export type CertificateContent = {
  readonly subject: Asn1;
  readonly issuer: Asn1;
  readonly publicKey: KeyObject;
  /** Milliseconds since the epoch, both included; cut to whole seconds. */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly extensions: readonly Extension[];
};

const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2';
const VERSION_3 = 2;
const SERIAL_BYTES = 16;

/** Signs with an ECDSA P-256 key, by its own issuer or by itself, and returns PEM (RFC 5280 section 4.1). */
export function signCertificate(content: CertificateContent, signingKey: KeyObject): string {
  const body = toBeSigned(content);
  const signature = sign('sha256', encode(body), signingKey);
  return encodePem('CERTIFICATE', encode(sequence(body, signatureAlgorithm(), bitString(signature))));
}

function toBeSigned({subject, issuer, publicKey, notBefore, notAfter, extensions}: CertificateContent): Asn1 {
  return sequence(
    tagged(0, integer(VERSION_3)),
    integer(...serialNumber()),
    signatureAlgorithm(),
    issuer,
    sequence(time(notBefore), time(notAfter)),
    subject,
    decode(subjectPublicKeyInfo(publicKey)),
    extensionList(extensions),
  );
}

/** ECDSA takes no parameters, not even NULL (RFC 5758 section 3.2). */
const signatureAlgorithm = (): Asn1 => sequence(objectId(ECDSA_WITH_SHA256));

/** Random, positive and minimal: the first byte is 0x40 to 0x7f (RFC 5280 section 4.1.2.2 allows up to 20 bytes). */
function serialNumber(): Buffer {
  const serial = randomBytes(SERIAL_BYTES);
  serial.writeUInt8((serial.readUInt8(0) & 0x3f) | 0x40, 0);
  return serial;
}
