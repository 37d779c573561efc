import {createPrivateKey, type KeyObject, X509Certificate} from 'node:crypto';
import type {Certificate} from '../../proxy/certificate-source.js';
import {splitPem} from '../../x509/pem.js';
import type {Validity} from './renewal-time.js';

/** A CA whose clock is ahead of ours by no more than this is believed. */
const CLOCK_TOLERANCE_MS = 60 * 60_000;

/** A certificate chain that is not what was asked for. */
export class UnusableChain extends Error {}

/**
 * The leaf of what a CA, or somebody's file, says is a certificate for these names. Throws UnusableChain: before it is shown
 * to anybody its key, its names and the order of its chain are as they have to be (RFC 8446, section 4.4.2).
 */
export function checkChain({cert, key}: Certificate, names: readonly string[]): X509Certificate {
  const [leaf, ...above] = parseChain(cert);
  if (!leaf) throw new UnusableChain('there is no certificate in it');
  if (!leaf.checkPrivateKey(parseKey(key))) throw new UnusableChain('its key is another one');
  const known = namesOf(leaf);
  const missing = names.filter(name => !known.includes(name));
  if (missing.length > 0) throw new UnusableChain(`it is not for ${missing.join(', ')}`);
  checkOrder([leaf, ...above]);
  return leaf;
}

/** Throws UnusableChain for one that does not hold at that time, in milliseconds since the epoch. */
export function checkTime(leaf: X509Certificate, now: number): void {
  const {notBefore, notAfter} = validityOf(leaf);
  if (notBefore > now + CLOCK_TOLERANCE_MS) throw new UnusableChain(`it begins at ${leaf.validFrom}`);
  if (notAfter <= now) throw new UnusableChain(`it ended at ${leaf.validTo}`);
}

/** When a certificate holds, in milliseconds since the epoch. */
export const validityOf = ({validFromDate, validToDate}: X509Certificate): Validity => ({
  notBefore: validFromDate.getTime(),
  notAfter: validToDate.getTime(),
});

/** The host names a certificate is for, in lower case; a wildcard as it is in it. */
export const namesOf = ({subjectAltName = ''}: X509Certificate): readonly string[] =>
  subjectAltName
    .split(', ')
    .filter(entry => entry.startsWith('DNS:'))
    .map(entry => entry.slice('DNS:'.length).toLowerCase());

function parseChain(pem: string): X509Certificate[] {
  try {
    return splitPem('CERTIFICATE', pem).map(block => new X509Certificate(block));
  } catch (cause) {
    throw new UnusableChain('it is no certificate', {cause});
  }
}

function parseKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    throw new UnusableChain('its key is none', {cause});
  }
}

function checkOrder(chain: readonly X509Certificate[]): void {
  for (const [index, certificate] of chain.entries()) {
    const issuer = chain[index + 1];
    if (issuer && !(certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey))) {
      throw new UnusableChain(`its certificate number ${index + 2} did not sign the one before`);
    }
  }
}
