import {X509Certificate} from 'node:crypto';
import {ownerOf} from '../owner.js';
import {storeNameOf} from '../root.js';

// Java's `cacerts` is read by its bytes: asking keytool takes a second for each of them, and both of its forms, JKS and
// PKCS #12 without a password (JDK 18 and later), hold certificates as they are.

/** A root of tako's in a keystore. The alias is not known where tako did not choose it. */
export type KeystoreRoot = {readonly certificate: X509Certificate; readonly alias: string | undefined};

/** In the name of every root of tako's, which is twice in its certificate: as its subject and as its issuer. */
const MARK = Buffer.from('tako local authority ');

/** How far into a root of tako's the first of them is; measured: 70 to 80 bytes. */
const MAX_DEPTH = 200;

/** What a keystore has of tako's. */
export function rootsInKeystore(bytes: Buffer): KeystoreRoot[] {
  const roots: KeystoreRoot[] = [];
  let end = 0;
  for (let at = bytes.indexOf(MARK); at >= 0; at = bytes.indexOf(MARK, end)) {
    const found = certificateAround(bytes, at);
    if (found) roots.push({certificate: found.certificate, alias: findAlias(bytes, storeNameOf(found.certificate))});
    end = found?.end ?? at + MARK.length;
  }
  return roots;
}

type Found = {readonly certificate: X509Certificate; readonly end: number};

/** The certificate begins with two sequences of over 255 bytes, one in the other (RFC 5280, 4.1; X.690, 8.1.3.5). */
function certificateAround(bytes: Buffer, at: number): Found | undefined {
  for (let start = at; start >= Math.max(0, at - MAX_DEPTH); start -= 1) {
    if (bytes.readUInt16BE(start) !== LONG_SEQUENCE || bytes.readUInt16BE(start + 4) !== LONG_SEQUENCE) continue;
    const certificate = parseAt(bytes, start);
    if (certificate && ownerOf(certificate) !== undefined) return {certificate, end: start + certificate.raw.length};
  }
  return undefined;
}

const LONG_SEQUENCE = 0x3082;

function parseAt(bytes: Buffer, start: number): X509Certificate | undefined {
  try {
    return new X509Certificate(bytes.subarray(start, start + 4 + bytes.readUInt16BE(start + 2)));
  } catch {
    return undefined;
  }
}

/** JKS has aliases in UTF-8, PKCS #12 in UTF-16 (RFC 7292, appendix B.1). */
function findAlias(bytes: Buffer, alias: string): string | undefined {
  const utf16 = Buffer.from(alias, 'utf16le').swap16();
  return bytes.includes(alias) || bytes.includes(utf16) ? alias : undefined;
}

/** pkcs7-encryptedData (RFC 2315, section 14), as DER. */
const ENCRYPTED = Buffer.from('06092a864886f70d010706', 'hex');

/** Whether its certificates can be read with its password alone. */
export const isEncrypted = (bytes: Buffer): boolean => bytes.includes(ENCRYPTED);
