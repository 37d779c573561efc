import assert from 'node:assert/strict';
import {createHash, X509Certificate} from 'node:crypto';
import {describe, it} from 'vitest';
import {type CertificateContent, signCertificate} from '../../src/x509/certificate.js';
import {encode} from '../../src/x509/der.js';
import {certificateAuthority, keyUsage} from '../../src/x509/extensions.js';
import {generateKeys, keyIdentifier, subjectPublicKeyInfo} from '../../src/x509/keys.js';
import {distinguishedName, MAX_NAME_LENGTH} from '../../src/x509/names.js';
import {extensionValue, subjectOf} from '../../src/x509/read-certificate.js';
import {requires} from '../helpers/system-parts.js';
import {opensslText} from './support.js';

const keys = generateKeys();

function certificate(changes: Partial<CertificateContent> = {}): string {
  const name = distinguishedName({organization: 'tako', commonName: 'Übung'});
  const content = {
    subject: name,
    issuer: name,
    publicKey: keys.publicKey,
    notBefore: Date.UTC(2025, 0, 1),
    notAfter: Date.UTC(2051, 0, 1),
    extensions: [certificateAuthority(0), keyUsage('keyCertSign', 'cRLSign')],
  };
  return signCertificate({...content, ...changes}, keys.privateKey);
}

describe('a certificate', () => {
  it('says what it was made of', () => {
    const parsed = new X509Certificate(certificate());
    assert.equal(parsed.subject, 'O=tako\nCN=Übung');
    assert.equal(parsed.issuer, parsed.subject);
    assert.equal(Date.parse(parsed.validFrom), Date.UTC(2025, 0, 1));
    assert.equal(Date.parse(parsed.validTo), Date.UTC(2051, 0, 1));
    assert.ok(parsed.ca);
    assert.ok(parsed.verify(keys.publicKey));
    assert.ok(parsed.checkPrivateKey(keys.privateKey));
  });

  it('has a positive serial number of 16 random bytes', () => {
    const serials = Array.from({length: 100}, () => new X509Certificate(certificate()).serialNumber);
    assert.ok(serials.every(serial => /^[4-7][0-9A-F]{31}$/.test(serial)));
    assert.equal(new Set(serials).size, serials.length);
  });

  it('gives out its subject byte for byte, and its extensions', () => {
    const subject = distinguishedName({commonName: 'one'});
    const parsed = new X509Certificate(certificate({subject}));
    assert.deepEqual(encode(subjectOf(parsed)), encode(subject));
    assert.deepEqual(extensionValue(parsed, 'keyUsage'), Buffer.from([0x03, 0x02, 0x01, 0x06]));
    assert.equal(extensionValue(parsed, 'subjectAltName'), undefined);
  });

  it('cuts a name that is longer than a certificate may have', () => {
    const parsed = new X509Certificate(certificate({subject: distinguishedName({commonName: '😀'.repeat(99)})}));
    assert.equal(parsed.subject, `CN=${'😀'.repeat(MAX_NAME_LENGTH)}`);
  });
});

describe('a key identifier', () => {
  it('is the start of the hash of the bare public key, also of one that looks like DER', () => {
    const prefixLength = 26;
    for (let index = 0; index < 2_000; index++) {
      const {publicKey} = generateKeys();
      const point = subjectPublicKeyInfo(publicKey).subarray(prefixLength);
      assert.deepEqual(keyIdentifier(publicKey), createHash('sha256').update(point).digest().subarray(0, 20));
    }
  });
});

describe.skipIf(requires('openssl'))('a certificate as OpenSSL reads it', () => {
  it('has critical BasicConstraints and KeyUsage', async () => {
    const text = await opensslText(certificate());
    assert.match(text, /X509v3 Basic Constraints: critical\s+CA:TRUE, pathlen:0\n/);
    assert.match(text, /X509v3 Key Usage: critical\s+Certificate Sign, CRL Sign\n/);
    assert.match(text, /Signature Algorithm: ecdsa-with-SHA256/);
    assert.match(text, /ASN1 OID: prime256v1/);
  });
});
