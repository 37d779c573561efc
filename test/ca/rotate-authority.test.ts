import assert from 'node:assert/strict';
import path from 'node:path';
import {describe, it} from 'vitest';
import {loadPreviousRoot} from '../../src/ca/authority.js';
import {openCertificateSource} from '../../src/ca/certificate-source.js';
import {addZones} from '../../src/ca/rotate-authority.js';
import {LOCAL_ZONES} from '../../src/ca/zones.js';
import {requires} from '../helpers/system-parts.js';
import {opensslVerify, temporaryFolder} from '../x509/support.js';
import {certificateOf, newAuthority, testClock} from './support.js';

const clock = testClock();

describe('adding zones', () => {
  it('makes a root that may sign them and keeps the old one for taking it out of trust stores', async () => {
    const before = await newAuthority();
    const folder = path.dirname(before.root.file);
    const after = await addZones({folder, clock}, ['acme.dev']);
    assert.deepEqual(after.constraints.zones, [...LOCAL_ZONES, 'acme.dev']);
    assert.notEqual(after.root.certificate.subject, before.root.certificate.subject);
    const previous = await loadPreviousRoot(folder);
    assert.equal(previous?.certificate.fingerprint256, before.root.certificate.fingerprint256);
  });

  it('leaves the root alone when it may sign them already', async () => {
    const before = await newAuthority({permittedZones: ['acme.dev']});
    const folder = path.dirname(before.root.file);
    const after = await addZones({folder, clock}, ['shop.acme.dev', 'test']);
    assert.equal(after.root.certificate.fingerprint256, before.root.certificate.fingerprint256);
    assert.equal(await loadPreviousRoot(folder), undefined);
  });

  it('changes nothing when a zone is none', async () => {
    const {root} = await newAuthority();
    const folder = path.dirname(root.file);
    await assert.rejects(addZones({folder, clock}, ['acme.dev', '']), {code: 'ZONE_INVALID'});
    assert.equal(await loadPreviousRoot(folder), undefined);
  });

  it('issues the leaves of the old root anew', async () => {
    const before = await newAuthority();
    const cacheFolder = await temporaryFolder();
    const old = await certificateOf(await openCertificateSource(before, {cacheFolder, clock}), 'app.test');
    const after = await addZones({folder: path.dirname(before.root.file), clock}, ['acme.dev']);
    const source = await openCertificateSource(after, {cacheFolder, clock});
    assert.notEqual((await certificateOf(source, 'app.test')).cert, old.cert);
    assert.ok(await source.certificateFor('www.acme.dev'));
  });
});

describe.skipIf(requires('openssl'))('leaves for an added zone, by OpenSSL', () => {
  it('are accepted under the new root and refused under the old', async () => {
    const before = await newAuthority();
    const after = await addZones({folder: path.dirname(before.root.file), clock}, ['acme.dev']);
    const source = await openCertificateSource(after, {cacheFolder: await temporaryFolder(), clock});
    const {cert} = await certificateOf(source, 'www.acme.dev');
    assert.equal((await opensslVerify(after.root.certificate.toString(), cert)).exitCode, 0);
    assert.notEqual((await opensslVerify(before.root.certificate.toString(), cert)).exitCode, 0);
  });
});
