import assert from 'node:assert/strict';
import {createPrivateKey, X509Certificate} from 'node:crypto';
import {mkdirSync, mkdtempSync, rmSync, statSync, utimesSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {describe, it, onTestFinished} from 'vitest';
import {createServerCertificates} from '../../../src/prod/server/certificates.js';
import {createSelfSigned} from '../../../src/x509/self-signed.js';

const DAY_MS = 86_400_000;
const START = Date.parse('2026-11-21T12:00:00Z');

function open(hosts: readonly string[]) {
  const root = mkdtempSync(path.join(tmpdir(), 'tako-certificates-'));
  onTestFinished(() => rmSync(root, {recursive: true}));
  const problems: string[] = [];
  let now = START;
  const options = {
    filesFolder: path.join(root, 'certificates'),
    selfSignedFolder: path.join(root, 'self-signed'),
    clock: {now: () => now, sleep: () => Promise.reject(new Error('nobody sleeps here'))},
    isServed: (host: string) => hosts.includes(host),
    onProblem: (message: string) => void problems.push(message),
  };
  return {
    options,
    problems,
    source: createServerCertificates(options),
    pass: (ms: number) => (now += ms),
    put(host: string, pair = createSelfSigned({names: [host], notBefore: now - DAY_MS, notAfter: now + 90 * DAY_MS})) {
      const folder = path.join(options.filesFolder, host);
      mkdirSync(folder, {recursive: true});
      writeFileSync(path.join(folder, 'fullchain.pem'), pair.cert);
      writeFileSync(path.join(folder, 'privkey.pem'), pair.key);
      return pair;
    },
  };
}

describe('the certificates of a server', () => {
  it('are self-signed where there are no files, kept, and private', async () => {
    const {source, options} = open(['shop.example.com']);
    const made = await source.certificateFor('shop.example.com');
    const leaf = new X509Certificate(made?.cert ?? '');
    assert.equal(leaf.checkHost('shop.example.com'), 'shop.example.com');
    assert.ok(leaf.checkPrivateKey(createPrivateKey(made?.key ?? '')));
    const key = path.join(options.selfSignedFolder, 'shop.example.com/privkey.pem');
    assert.equal(statSync(key).mode & 0o777, 0o600);
    assert.deepEqual(await createServerCertificates(options).certificateFor('shop.example.com'), made);
  });

  it('are made anew before they end', async () => {
    const {source, options, pass} = open(['shop.example.com']);
    const made = await source.certificateFor('shop.example.com');
    pass(825 * DAY_MS);
    assert.notDeepEqual(await createServerCertificates(options).certificateFor('shop.example.com'), made);
  });

  it('are the files somebody put there, for the host or for its wildcard', async () => {
    const {source, put} = open(['shop.example.com', 'api.example.com']);
    const exact = put('shop.example.com');
    const wildcard = put('*.example.com');
    assert.deepEqual(await source.certificateFor('shop.example.com'), exact);
    assert.deepEqual(await source.certificateFor('api.example.com'), wildcard);
  });

  it('follow the files when they are replaced, but not into what cannot be used', async () => {
    const {source, put, pass, problems} = open(['shop.example.com']);
    put('shop.example.com');
    await source.certificateFor('shop.example.com');
    const renewed = put('shop.example.com');
    pass(5_000);
    assert.deepEqual(await source.certificateFor('shop.example.com'), renewed);
    const other = createSelfSigned({names: ['x.test'], notBefore: START, notAfter: START + DAY_MS});
    put('shop.example.com', {cert: renewed.cert, key: other.key});
    pass(5_000);
    assert.deepEqual(await source.certificateFor('shop.example.com'), renewed);
    assert.match(problems.join(), /privkey\.pem is not the key of fullchain\.pem/);
  });

  it('are read again when something changed that leaves their times, as rights do', async () => {
    const {source, put, pass, options} = open(['shop.example.com']);
    const pair = createSelfSigned({names: ['shop.example.com'], notBefore: START, notAfter: START + DAY_MS});
    const keepTime = (): void =>
      ['fullchain.pem', 'privkey.pem'].forEach(name => {
        utimesSync(path.join(options.filesFolder, 'shop.example.com', name), 1e9, 1e9);
      });
    put('shop.example.com', {cert: pair.cert, key: pair.key.replace(/\w/g, 'x')});
    keepTime();
    await source.certificateFor('shop.example.com');
    put('shop.example.com', pair);
    keepTime();
    pass(5_000);
    assert.deepEqual(await source.certificateFor('shop.example.com'), pair);
  });

  it('are not looked for by names that are not served', async () => {
    const {source, put} = open(['shop.example.com']);
    put('other.example.com');
    assert.equal(await source.certificateFor('other.example.com'), undefined);
    assert.equal(await source.certificateFor('../certificates/other.example.com'), undefined);
    assert.ok(await source.certificateFor('localhost'), 'a client that names no server still gets an answer');
  });
});
