import type {X509Certificate} from 'node:crypto';
import {type Asn1, children, contents, decode, isContext, isObjectId} from './der.js';
import {OIDS} from './extensions.js';

// The parts of a certificate that node:crypto does not give out.

/** TBSCertificate after its version: serial number, signature, issuer, validity, subject (RFC 5280 section 4.1). */
const SUBJECT = 4;
const EXTENSIONS_TAG = 3;

/** The subject as it is encoded, for use as the issuer of a leaf: clients compare the bytes. */
export function subjectOf(certificate: X509Certificate): Asn1 {
  const afterVersion = children(body(certificate)).filter(field => !isContext(field, 0));
  const subject = afterVersion[SUBJECT];
  if (!subject) throw new TypeError('the certificate has no subject');
  return subject;
}

/** The value of an extension, DER, or undefined when the certificate does not have it. */
export function extensionValue(certificate: X509Certificate, name: keyof typeof OIDS): Buffer | undefined {
  const extensions = children(body(certificate)).find(field => isContext(field, EXTENSIONS_TAG));
  const found = children(children(extensions)[0]).find(extension => isObjectId(children(extension)[0], OIDS[name]));
  return found && contents(children(found).at(-1));
}

const body = (certificate: X509Certificate): Asn1 | undefined => children(decode(certificate.raw))[0];
