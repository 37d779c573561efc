import assert from 'node:assert/strict';
import {X509Certificate} from 'node:crypto';
import {describe, it} from 'vitest';
import type {Authority} from '../../src/ca/authority.js';
import {issueLeaf, leafText, parseLeaf} from '../../src/ca/leaf.js';
import {LEAF_VALIDITY_DAYS, validityOf} from '../../src/ca/validity.js';
import type {Certificate} from '../../src/proxy/certificate-source.js';
import {signCertificate} from '../../src/x509/certificate.js';
import {sequence, taggedBytes} from '../../src/x509/der.js';
import {
  authorityKeyIdentifier,
  certificateAuthority,
  type Extension,
  extension,
  keyUsage,
  subjectKeyIdentifier,
} from '../../src/x509/extensions.js';
import {generateKeys, keyIdentifier, privateKeyPem} from '../../src/x509/keys.js';
import {distinguishedName} from '../../src/x509/names.js';
import {subjectOf} from '../../src/x509/read-certificate.js';
import {requires} from '../helpers/system-parts.js';
import {opensslText, opensslVerify} from '../x509/support.js';
import {handshake, startTlsServer} from './handshake.js';
import {DAY_MS, newAuthority} from './support.js';

const now = Date.now();
const rootPem = ({root}: Authority): string => root.certificate.toString();

/** What a thief of the root's key would sign: no rule of ours is asked. */
function forge({root, key}: Authority, commonName: string, extensions: readonly Extension[] = []): Certificate {
  const {privateKey, publicKey} = generateKeys();
  const names = {subject: distinguishedName({commonName}), issuer: subjectOf(root.certificate)};
  const content = {...names, publicKey, ...validityOf(LEAF_VALIDITY_DAYS, now), extensions};
  return {cert: signCertificate(content, key), key: privateKeyPem(privateKey)};
}

describe('a leaf', () => {
  it('is for one name, from a day ago, for less than the 398 days a browser allows', async () => {
    const {certificate} = issueLeaf(await newAuthority(), 'app.test', now);
    const leaf = new X509Certificate(certificate.cert);
    assert.equal(leaf.subjectAltName, 'DNS:app.test');
    assert.equal(leaf.subject, undefined);
    const [from, to] = [Date.parse(leaf.validFrom), Date.parse(leaf.validTo)];
    assert.equal((to - from) / DAY_MS, LEAF_VALIDITY_DAYS);
    assert.ok(now - from >= DAY_MS && now - from < DAY_MS + 1_000);
  });

  it('is served without the root', async () => {
    const {certificate} = issueLeaf(await newAuthority(), 'app.test', now);
    assert.equal(certificate.cert.match(/BEGIN CERTIFICATE/g)?.length, 1);
  });

  it('comes back from its text with its key', async () => {
    const authority = await newAuthority();
    for (const name of ['app.test', '127.0.0.1', '::1']) {
      const leaf = issueLeaf(authority, name, now);
      assert.deepEqual(parseLeaf(leafText(leaf), authority, name), leaf);
    }
  });

  it('does not come back from a text that is damaged, for another name, or of another authority', async () => {
    const authority = await newAuthority();
    const leaf = issueLeaf(authority, 'app.test', now);
    const other = issueLeaf(authority, 'app.test', now);
    assert.equal(parseLeaf(leafText(leaf), authority, 'www.app.test'), undefined);
    assert.equal(parseLeaf(leafText(leaf), await newAuthority(), 'app.test'), undefined);
    assert.equal(parseLeaf(leaf.certificate.cert, authority, 'app.test'), undefined);
    assert.equal(parseLeaf(leaf.certificate.cert + other.certificate.key, authority, 'app.test'), undefined);
    assert.equal(parseLeaf(leafText(leaf).replace(/\n.{9}/, '\nAAAAAAAAA'), authority, 'app.test'), undefined);
    assert.equal(parseLeaf('', authority, 'app.test'), undefined);
  });
});

describe("a leaf, by Node's client", () => {
  it('is accepted for its name and no other', async () => {
    const authority = await newAuthority();
    const port = await startTlsServer(issueLeaf(authority, 'app.test', now).certificate);
    assert.equal(await handshake(rootPem(authority), port, 'app.test'), 'accepted');
    assert.match(await handshake(rootPem(authority), port, 'www.app.test'), /does not match certificate's altnames/);
    assert.match(await handshake(rootPem(await newAuthority()), port, 'app.test'), /unable to verify/);
  });

  it('is accepted for an address', async () => {
    const authority = await newAuthority();
    const port = await startTlsServer(issueLeaf(authority, '127.0.0.1', now).certificate);
    assert.equal(await handshake(rootPem(authority), port), 'accepted');
  });

  it('is refused for a name outside the constraints, although the root signed it', async () => {
    const authority = await newAuthority();
    const port = await startTlsServer(issueLeaf(authority, 'example.com', now).certificate);
    assert.match(await handshake(rootPem(authority), port, 'example.com'), /permitted subtree violation/);
    const withoutAltName = await startTlsServer(forge(authority, 'example.com'));
    assert.match(await handshake(rootPem(authority), withoutAltName, 'example.com'), /permitted subtree violation/);
  });
});

describe.skipIf(requires('openssl'))('a leaf, by OpenSSL at its strictest', () => {
  it('is accepted for host names, however long, and for addresses', async () => {
    const authority = await newAuthority();
    const long = `${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(56)}.test`;
    for (const name of ['app.test', 'localhost', long, '127.77.0.1', '::1', '192.168.1.20', 'fe80::1', 'fd00::1']) {
      const {exitCode, stderr} = await opensslVerify(
        rootPem(authority),
        issueLeaf(authority, name, now).certificate.cert,
      );
      assert.equal(exitCode, 0, `${name}: ${stderr}`);
    }
  });

  it('is refused for what the constraints do not permit, although the root signed it', async () => {
    const authority = await newAuthority();
    for (const name of ['example.com', 'contest', '8.8.8.8', '2001:db8::1']) {
      const {exitCode, stderr} = await opensslVerify(
        rootPem(authority),
        issueLeaf(authority, name, now).certificate.cert,
      );
      assert.notEqual(exitCode, 0, name);
      assert.match(stderr, /permitted subtree violation/, name);
    }
  });

  it('is refused from an authority that the root signed', async () => {
    const authority = await newAuthority();
    const {cert} = forge(authority, 'sub authority', [certificateAuthority(0), keyUsage('keyCertSign')]);
    assert.notEqual((await opensslVerify(rootPem(authority), cert)).exitCode, 0);
  });

  it('is refused for anything but TLS servers, although the root signed it', async () => {
    const authority = await newAuthority();
    // The name constraints say nothing of e-mail addresses, nor of a common name that could not be a host's.
    const {cert} = forge(authority, 'Ann of Example', [
      keyUsage('digitalSignature'),
      extension('subjectAltName', sequence(taggedBytes(1, Buffer.from('ann@example.com')))),
      authorityKeyIdentifier(keyIdentifier(authority.root.certificate.publicKey)),
      subjectKeyIdentifier(keyIdentifier(generateKeys().publicKey)),
    ]);
    for (const purpose of ['smimesign', 'sslclient']) {
      assert.notEqual((await opensslVerify(rootPem(authority), cert, purpose)).exitCode, 0, purpose);
    }
  });

  it('may serve TLS and nothing else', async () => {
    const text = await opensslText(issueLeaf(await newAuthority(), 'app.test', now).certificate.cert);
    assert.match(text, /X509v3 Basic Constraints: critical\s+CA:FALSE\n/);
    assert.match(text, /X509v3 Key Usage: critical\s+Digital Signature\n/);
    assert.match(text, /X509v3 Extended Key Usage: \s+TLS Web Server Authentication\n/);
    assert.match(text, /X509v3 Subject Alternative Name: critical\s+DNS:app.test\n/);
    assert.match(text, /X509v3 Subject Key Identifier/);
    assert.match(text, /X509v3 Authority Key Identifier/);
  });
});
