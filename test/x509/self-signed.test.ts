import assert from 'node:assert/strict';
import {X509Certificate} from 'node:crypto';
import {describe, it} from 'vitest';
import {createSelfSigned} from '../../src/x509/self-signed.js';
import {requires} from '../helpers/system-parts.js';
import {opensslVerify} from './support.js';

const now = Date.now();
const options = {names: ['shop.example', '203.0.113.7'], notBefore: now - 1_000, notAfter: now + 86_400_000} as const;

describe('a self-signed certificate', () => {
  it('is for each of its names and signed by its own key', () => {
    const {cert} = createSelfSigned({...options, names: ['shop.example', '203.0.113.7', '2001:db8::7']});
    const certificate = new X509Certificate(cert);
    assert.equal(certificate.checkHost('shop.example', {subject: 'never'}), 'shop.example');
    assert.equal(certificate.checkIP('203.0.113.7'), '203.0.113.7');
    assert.equal(certificate.checkIP('2001:db8::7'), '2001:db8::7');
    assert.ok(certificate.verify(certificate.publicKey));
    assert.ok(!certificate.ca);
  });
});

describe.skipIf(requires('openssl'))('a self-signed certificate as OpenSSL reads it', () => {
  it('vouches for itself once it is trusted', async () => {
    const {cert} = createSelfSigned({...options, names: ['shop.example']});
    const {exitCode, stderr} = await opensslVerify(cert, cert);
    assert.equal(exitCode, 0, stderr);
  });
});
