import assert from 'node:assert/strict';
import path from 'node:path';
import {describe, it} from 'vitest';
import {type Authority, loadPreviousRoot} from '../../src/ca/authority.js';
import {openCertificateSource} from '../../src/ca/certificate-source.js';
import {createSuccessor, installSuccessor, loadSuccessor, storeSuccessor} from '../../src/ca/rotate-authority.js';
import {LOCAL_ZONES} from '../../src/ca/zones.js';
import {requires} from '../helpers/system-parts.js';
import {opensslVerify, temporaryFolder} from '../x509/support.js';
import {certificateOf, newAuthority, testClock} from './support.js';

const clock = testClock();

/** Puts a root in the place of that of the authority which may sign these zones as well. */
async function replaceRoot({root, constraints}: Authority, zones: readonly string[]): Promise<Authority> {
  const options = {folder: path.dirname(root.file), clock};
  const successor = createSuccessor({...constraints, zones: [...constraints.zones, ...zones]}, options);
  await storeSuccessor(options.folder, successor);
  return installSuccessor(options);
}

describe('a root in the place of another', () => {
  it('may sign more zones, and the old one is kept for taking it out of trust stores', async () => {
    const before = await newAuthority();
    const after = await replaceRoot(before, ['acme.dev']);
    assert.deepEqual(after.constraints.zones, [...LOCAL_ZONES, 'acme.dev']);
    assert.notEqual(after.root.certificate.subject, before.root.certificate.subject);
    const previous = await loadPreviousRoot(path.dirname(before.root.file));
    assert.equal(previous?.certificate.fingerprint256, before.root.certificate.fingerprint256);
  });

  it('that was begun with is taken up only where it may sign what is wanted', async () => {
    const {root, constraints} = await newAuthority();
    const options = {folder: path.dirname(root.file), clock};
    const wanted = {...constraints, zones: [...constraints.zones, 'acme.dev']};
    const successor = createSuccessor(wanted, options);
    await storeSuccessor(options.folder, successor);
    assert.equal((await loadSuccessor(options.folder, wanted))?.key, successor.key);
    assert.equal(await loadSuccessor(options.folder, constraints), undefined);
  });

  it('issues the leaves of the old root anew', async () => {
    const before = await newAuthority();
    const cacheFolder = await temporaryFolder();
    const old = await certificateOf(await openCertificateSource(before, {cacheFolder, clock}), 'app.test');
    const after = await replaceRoot(before, ['acme.dev']);
    const source = await openCertificateSource(after, {cacheFolder, clock});
    assert.notEqual((await certificateOf(source, 'app.test')).cert, old.cert);
    assert.ok(await source.certificateFor('www.acme.dev'));
  });
});

describe.skipIf(requires('openssl'))('leaves for an added zone, by OpenSSL', () => {
  it('are accepted under the new root and refused under the old', async () => {
    const before = await newAuthority();
    const after = await replaceRoot(before, ['acme.dev']);
    const source = await openCertificateSource(after, {cacheFolder: await temporaryFolder(), clock});
    const {cert} = await certificateOf(source, 'www.acme.dev');
    assert.equal((await opensslVerify(after.root.certificate.toString(), cert)).exitCode, 0);
    assert.notEqual((await opensslVerify(before.root.certificate.toString(), cert)).exitCode, 0);
  });
});
