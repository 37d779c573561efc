import assert from 'node:assert/strict';
import {X509Certificate} from 'node:crypto';
import {mkdir, readdir, readFile, stat, writeFile} from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import {describe, it} from 'vitest';
import {openCertificateSource} from '../../src/ca/certificate-source.js';
import {certificateSourceContract} from '../contract/certificate-source.js';
import {eventually} from '../helpers/eventually.js';
import {runs} from '../helpers/soak.js';
import {temporaryFolder} from '../x509/support.js';
import {certificateOf, DAY_MS, newAuthority, newSource, testClock} from './support.js';

certificateSourceContract('the local authority', async () => newSource(await newAuthority()));

async function setUp() {
  const cacheFolder = path.join(await temporaryFolder(), 'leaves');
  const [authority, clock] = [await newAuthority(), testClock()];
  const open = (maxLeaves?: number) =>
    openCertificateSource(authority, {cacheFolder, clock, ...(maxLeaves ? {maxLeaves} : {})});
  return {cacheFolder, authority, clock, open};
}

describe('the certificates of the local authority', () => {
  it('are for host names in its zones and for local addresses', async () => {
    const source = await newSource(await newAuthority());
    for (const name of ['localhost', 'a.b.c.test', 'mac.local', '127.0.0.1', '::1', '10.0.0.7', 'fd00::7']) {
      assert.ok(await source.certificateFor(name), name);
    }
    for (const name of ['example.com', 'test.com', '8.8.8.8', '2001:db8::1', 'App.test', 'app.test.']) {
      assert.equal(await source.certificateFor(name), undefined, name);
    }
  });

  it('are one for all spellings of an address', async () => {
    const source = await newSource(await newAuthority());
    assert.equal(await source.certificateFor('::ffff:127.0.0.1'), await source.certificateFor('127.0.0.1'));
  });

  it('are not shared between names', async () => {
    const source = await newSource(await newAuthority());
    const [one, other] = [await certificateOf(source, 'app.test'), await certificateOf(source, 'www.app.test')];
    assert.notEqual(one.key, other.key);
  });
});

describe('stored certificates', () => {
  it('are used again after a restart', async () => {
    const {open} = await setUp();
    const first = await certificateOf(await open(), 'app.test');
    assert.deepEqual(await certificateOf(await open(), 'app.test'), first);
  });

  it('are readable by their owner only', async () => {
    const {open, cacheFolder} = await setUp();
    await certificateOf(await open(), 'app.test');
    const [file = ''] = await readdir(cacheFolder);
    assert.equal((await stat(cacheFolder)).mode & 0o777, 0o700);
    assert.equal((await stat(path.join(cacheFolder, file))).mode & 0o777, 0o600);
  });

  it('are issued anew when they are damaged', async () => {
    const {open, cacheFolder} = await setUp();
    const first = await certificateOf(await open(), 'app.test');
    const [file = ''] = await readdir(cacheFolder);
    await writeFile(path.join(cacheFolder, file), 'damaged');
    const second = await certificateOf(await open(), 'app.test');
    assert.notEqual(second.cert, first.cert);
    assert.equal(await readFile(path.join(cacheFolder, file), 'utf8'), second.cert + second.key);
  });

  it('are issued anew within 30 days of their end, in memory and from disk', async () => {
    const {open, clock} = await setUp();
    const source = await open();
    const first = await certificateOf(source, 'app.test');
    clock.advance(365 * DAY_MS);
    assert.equal(await certificateOf(source, 'app.test'), first);
    clock.advance(2 * DAY_MS);
    const second = await certificateOf(source, 'app.test');
    assert.ok(Date.parse(new X509Certificate(second.cert).validTo) > clock.now() + 365 * DAY_MS);
    assert.deepEqual(await certificateOf(await open(), 'app.test'), second);
  });

  it('are issued anew when the clock was set back before they began', async () => {
    const {open, clock} = await setUp();
    const source = await open();
    const first = await certificateOf(source, 'app.test');
    clock.advance(-3 * DAY_MS);
    assert.notEqual((await certificateOf(source, 'app.test')).cert, first.cert);
  });

  it('are never more than the limit while one source runs', async () => {
    const {open, cacheFolder} = await setUp();
    const source = await open(3);
    for (let index = 0; index < 8; index++) await certificateOf(source, `app-${index}.test`);
    await eventually(async () => assert.equal((await readdir(cacheFolder)).length, 3));
  });

  it('are thrown away together when earlier sources left too many', async () => {
    const {open, cacheFolder} = await setUp();
    const source = await open();
    for (let index = 0; index < 4; index++) await certificateOf(source, `app-${index}.test`);
    await open(4);
    assert.equal((await readdir(cacheFolder)).length, 4);
    await open(3);
    assert.equal((await readdir(cacheFolder)).length, 0);
  });

  it('are not needed to serve', async () => {
    const file = path.join(await temporaryFolder(), 'file');
    await writeFile(file, '');
    const cacheFolder = path.join(file, 'leaves');
    const source = await openCertificateSource(await newAuthority(), {cacheFolder, clock: testClock()});
    assert.equal(await certificateOf(source, 'app.test'), await certificateOf(source, 'app.test'));
  });
});

describe('a server name from the network', () => {
  const hostile = fc.oneof(
    fc.string(),
    fc.string({unit: 'binary', maxLength: 300}),
    fc.domain(),
    fc.domain().map(name => `${name}.test`),
    fc
      .array(fc.constantFrom('..', '/', '\\', '.', 'a', '*', '%2f', '\0', 'test', ':', '-', 'é'), {maxLength: 12})
      .map(parts => parts.join('')),
    fc.string({unit: fc.constantFrom('a', 'b', '-', '.'), minLength: 1, maxLength: 260}).map(text => `${text}.test`),
    fc.ipV4(),
    fc.ipV6(),
  );

  it('never makes the source fail and never writes outside its folder', async () => {
    const outer = await temporaryFolder();
    const cacheFolder = path.join(outer, 'one', 'two', 'leaves');
    await mkdir(cacheFolder, {recursive: true});
    const source = await openCertificateSource(await newAuthority(), {cacheFolder, clock: testClock()});
    await fc.assert(
      fc.asyncProperty(hostile, async name => {
        const certificate = await source.certificateFor(name);
        if (!certificate) return;
        const leaf = new X509Certificate(certificate.cert);
        assert.ok(leaf.checkHost(name, {subject: 'never', wildcards: false}) ?? leaf.checkIP(name));
      }),
      {seed: 20_260_101, numRuns: runs(2_000)},
    );
    const files = await readdir(outer, {recursive: true, withFileTypes: true});
    const written = files.filter(entry => entry.isFile());
    assert.ok(written.length > 100);
    assert.ok(written.every(entry => entry.parentPath === cacheFolder && /^[0-9a-f]{64}\.pem$/.test(entry.name)));
  });
});
