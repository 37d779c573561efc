import type {Certificate} from '../../src/proxy/certificate-source.js';
import {createSelfSigned} from '../../src/x509/self-signed.js';

const DAY_MS = 24 * 60 * 60_000;

/** A fresh certificate for the names. A client trusts it by taking it as its only root. */
export function createTestCertificate(...names: [string, ...string[]]): Certificate {
  return createSelfSigned({names, notBefore: Date.now() - DAY_MS, notAfter: Date.now() + DAY_MS});
}
