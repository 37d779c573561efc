import assert from 'node:assert/strict';
import {createPrivateKey, X509Certificate} from 'node:crypto';
import {chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {execa} from 'execa';
import {describe, it, onTestFinished} from 'vitest';
import {createServerCertificates} from '../../../src/prod/server/certificates.js';
import type {Certificate} from '../../../src/proxy/certificate-source.js';
import {createSelfSigned} from '../../../src/x509/self-signed.js';

const DAY_MS = 86_400_000;
const START = Date.parse('2026-11-21T12:00:00Z');

function open(hosts: readonly string[]) {
  const root = mkdtempSync(path.join(tmpdir(), 'tako-certificates-'));
  onTestFinished(() => rmSync(root, {recursive: true}));
  const problems: string[] = [];
  const ordered = new Map<string, Certificate>();
  let now = START;
  const options = {
    filesFolder: path.join(root, 'certificates'),
    selfSignedFolder: path.join(root, 'self-signed'),
    clock: {now: () => now, sleep: () => Promise.reject(new Error('nobody sleeps here'))},
    isServed: (host: string) => hosts.includes(host),
    onProblem: (message: string) => void problems.push(message),
    ordered: (name: string) => ordered.get(name),
  };
  return {
    options,
    problems,
    ordered,
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

  it('are those that were ordered where there are no files, for the host before its wildcard', async () => {
    const {source, put, ordered, pass} = open(['shop.example.com', 'api.example.com']);
    const validity = {notBefore: START, notAfter: START + DAY_MS};
    const [exact, wildcard] = ['shop.example.com', '*.example.com'].map(name =>
      createSelfSigned({names: [name], ...validity}),
    );
    ordered.set('shop.example.com', exact as Certificate);
    ordered.set('*.example.com', wildcard as Certificate);
    assert.deepEqual(await source.certificateFor('shop.example.com'), exact);
    assert.deepEqual(await source.certificateFor('api.example.com'), wildcard);
    const file = put('shop.example.com');
    pass(5_000);
    assert.deepEqual(await source.certificateFor('shop.example.com'), file);
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

  it('are deleted for hosts that are not served any more, and stay for the others', async () => {
    const hosts = ['shop.example.com', 'gone.example.com'];
    const {source, options} = open(hosts);
    const kept = await source.certificateFor('shop.example.com');
    const old = await source.certificateFor('gone.example.com');
    await source.certificateFor('localhost');
    hosts.pop();
    await source.removeUnserved();
    assert.deepEqual(readdirSync(options.selfSignedFolder).sort(), ['localhost', 'shop.example.com']);
    assert.deepEqual(await source.certificateFor('shop.example.com'), kept);
    hosts.push('gone.example.com');
    assert.notDeepEqual(await source.certificateFor('gone.example.com'), old);
  });

  it.skipIf(process.getuid?.() !== 0)(
    'that root alone may read are told of, with the command that mends it',
    async () => {
      const script = `
      import {createServerCertificates} from ${JSON.stringify(path.resolve('src/prod/server/certificates.ts'))};
      const [filesFolder] = process.argv.slice(2);
      const onProblem = message => console.log(message);
      const source = createServerCertificates({
        filesFolder, selfSignedFolder: '/dev/null/none', isServed: () => true, onProblem,
        clock: {now: () => Date.now()},
      });
      process.setgid(65534);
      process.setuid(65534);
      for (const host of process.argv.slice(3)) await source.certificateFor(host).catch(() => {});`;
      const {put, options} = open([]);
      put('file.example.com');
      put('folder.example.com');
      put('fine.example.com');
      chmodSync(path.join(options.filesFolder, 'file.example.com/privkey.pem'), 0o600);
      chmodSync(path.join(options.filesFolder, 'folder.example.com'), 0o700);
      chmodSync(path.dirname(options.filesFolder), 0o755);
      const file = path.join(path.dirname(options.filesFolder), 'ask.ts');
      writeFileSync(file, script);
      const hook = path.resolve('test/prod/holder/programs/typescript.mjs');
      const hosts = ['file.example.com', 'folder.example.com', 'fine.example.com'];
      const {stdout} = await execa(process.execPath, ['--import', hook, file, options.filesFolder, ...hosts]);
      assert.deepEqual(stdout.split('\n'), [
        `the certificate in ${options.filesFolder}/file.example.com cannot be used: the server may not read it; as root: chown -R nobody ${options.filesFolder}/file.example.com`,
        `the certificate in ${options.filesFolder}/folder.example.com cannot be used: the server may not read it; as root: chown -R nobody ${options.filesFolder}/folder.example.com`,
      ]);
    },
  );
});
