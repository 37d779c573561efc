import type {Certificate} from '../../src/proxy/certificate-source.js';
import {signCertificate} from '../../src/x509/certificate.js';
import {certificateAuthority, endEntity, keyUsage} from '../../src/x509/extensions.js';
import {generateKeys, privateKeyPem} from '../../src/x509/keys.js';
import {distinguishedName} from '../../src/x509/names.js';

const DAY_MS = 24 * 60 * 60_000;

export type ClientAuthority = {
  /** Its own certificate, PEM. */
  readonly ca: string;
  /** A client's certificate. One that ended yesterday with `expired`. */
  issue(name: string, validity?: 'valid' | 'expired'): Certificate;
};

/** A fresh CA for certificates of clients (mutual TLS). */
export function createClientAuthority(commonName: string): ClientAuthority {
  const {privateKey, publicKey} = generateKeys();
  const issuer = distinguishedName({commonName});
  const notBefore = Date.now() - 10 * DAY_MS;
  const ca = signCertificate(
    {
      subject: issuer,
      issuer,
      publicKey,
      notBefore,
      notAfter: Date.now() + DAY_MS,
      extensions: [certificateAuthority(0), keyUsage('keyCertSign', 'cRLSign')],
    },
    privateKey,
  );
  return {
    ca,
    issue(name, validity = 'valid') {
      const keys = generateKeys();
      const content = {
        subject: distinguishedName({commonName: name}),
        issuer,
        publicKey: keys.publicKey,
        notBefore,
        notAfter: Date.now() + (validity === 'expired' ? -DAY_MS : DAY_MS),
        extensions: [endEntity(), keyUsage('digitalSignature')],
      };
      return {cert: signCertificate(content, privateKey), key: privateKeyPem(keys.privateKey)};
    },
  };
}
