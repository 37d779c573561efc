import {X509Certificate} from 'node:crypto';
import {splitPem} from '../../x509/pem.js';
import {ownerOf} from '../owner.js';

/** The roots of tako's, of any user, in a text of PEM blocks. A block that is damaged is no root. */
export function takoRoots(text: string): X509Certificate[] {
  return splitPem('CERTIFICATE', text)
    .flatMap(parseIfValid)
    .filter(certificate => ownerOf(certificate) !== undefined);
}

function parseIfValid(pem: string): X509Certificate[] {
  try {
    return [new X509Certificate(pem)];
  } catch {
    return [];
  }
}
