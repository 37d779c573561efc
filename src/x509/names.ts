import {type Asn1, objectId, sequence, set, utf8String} from './der.js';

/** Who a certificate is for, or from. Empty is allowed when the names are in the SubjectAltName. */
export type DistinguishedName = {readonly organization?: string; readonly commonName?: string};

const ORGANIZATION = '2.5.4.10';
const COMMON_NAME = '2.5.4.3';

/** The upper bound of both attributes, in characters (RFC 5280 appendix A.1, ub-common-name). */
export const MAX_NAME_LENGTH = 64;

/** Text over 64 characters is cut: a name is for people, nothing is looked up by it. */
export function distinguishedName({organization, commonName}: DistinguishedName): Asn1 {
  return sequence(...attribute(ORGANIZATION, organization), ...attribute(COMMON_NAME, commonName));
}

function attribute(type: string, text: string | undefined): Asn1[] {
  return text === undefined ? [] : [set(sequence(objectId(type), utf8String(cut(text))))];
}

const cut = (text: string): string => [...text].slice(0, MAX_NAME_LENGTH).join('');
