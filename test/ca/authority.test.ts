import assert from 'node:assert/strict';
import {chmod, copyFile, readdir, readFile, rm, stat, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {describe, it} from 'vitest';
import {type Authority, loadRoot, openAuthority} from '../../src/ca/authority.js';
import {commonNameOf, isOwnedBy, ownerOf} from '../../src/ca/owner.js';
import {validityOf} from '../../src/ca/validity.js';
import {LOCAL_IP_RANGES, LOCAL_ZONES} from '../../src/ca/zones.js';
import {signCertificate} from '../../src/x509/certificate.js';
import {
  authorityKeyIdentifier,
  certificateAuthority,
  keyUsage,
  subjectKeyIdentifier,
} from '../../src/x509/extensions.js';
import {keyIdentifier} from '../../src/x509/keys.js';
import {nameConstraints} from '../../src/x509/name-constraints.js';
import {subjectOf} from '../../src/x509/read-certificate.js';
import {createSelfSigned} from '../../src/x509/self-signed.js';
import {requires} from '../helpers/system-parts.js';
import {opensslText, temporaryFolder} from '../x509/support.js';
import {DAY_MS, newAuthority, testClock} from './support.js';

const folderOf = ({root}: Authority): string => path.dirname(root.file);
const modeOf = async (...parts: string[]): Promise<string> =>
  ((await stat(path.join(...parts))).mode & 0o777).toString(8);
/** The root of `authority` as it was made before roots said what they are for. */
function rootWithoutPurpose({root, key, constraints}: Authority): string {
  const name = subjectOf(root.certificate);
  const id = keyIdentifier(root.certificate.publicKey);
  const {publicKey} = root.certificate;
  const extensions = [
    certificateAuthority(0),
    keyUsage('keyCertSign', 'cRLSign'),
    nameConstraints(constraints),
    subjectKeyIdentifier(id),
    authorityKeyIdentifier(id),
  ];
  return signCertificate({subject: name, issuer: name, publicKey, ...validityOf(3650, Date.now()), extensions}, key);
}

const reopen = (folder: string): Promise<Authority> => openAuthority({folder, clock: testClock()});

describe('a new authority', () => {
  it('has a root for ten years that may sign leaves for local names', async () => {
    const clock = testClock();
    const {root, constraints} = await newAuthority({clock, permittedZones: ['acme.dev', 'shop.test']});
    const {certificate} = root;
    assert.ok(certificate.ca);
    assert.equal(Math.round((Date.parse(certificate.validTo) - clock.now()) / DAY_MS), 3649);
    assert.ok(Date.parse(certificate.validFrom) < clock.now());
    assert.deepEqual(constraints, {zones: [...LOCAL_ZONES, 'acme.dev'], ipRanges: LOCAL_IP_RANGES});
  });

  it('is called by its owner, and differently each time', async () => {
    const [one, other] = [await newAuthority({owner: 'ann@mac'}), await newAuthority({owner: 'ann@mac'})];
    assert.match(commonNameOf(one.root.certificate), /^tako local authority [0-9a-f]{8} \(ann@mac\)$/);
    assert.notEqual(commonNameOf(one.root.certificate), commonNameOf(other.root.certificate));
    assert.equal(ownerOf(one.root.certificate), 'ann@mac');
  });

  it('knows its owner again when the name had to be cut or cleaned', async () => {
    const owner = `ann, or "anna"@${'a-long-host-name'.repeat(4)}`;
    const {root} = await newAuthority({owner});
    assert.ok(isOwnedBy(root.certificate, owner));
    assert.ok(!isOwnedBy(root.certificate, 'ann@mac'));
  });

  it('keeps its key to its owner, and leaves nothing else behind', async () => {
    const folder = folderOf(await newAuthority());
    assert.equal(await modeOf(folder), '700');
    assert.equal(await modeOf(folder, 'ca.key'), '600');
    assert.equal(await modeOf(folder, 'ca.crt'), '644');
    assert.deepEqual((await readdir(folder)).sort(), ['ca.crt', 'ca.key']);
  });

  it('refuses a zone that is none', async () => {
    await assert.rejects(newAuthority({permittedZones: ['']}), {code: 'ZONE_INVALID'});
  });
});

describe('an authority opened again', () => {
  it('is the same, whatever zones and owner are asked for', async () => {
    const first = await newAuthority();
    const again = await openAuthority({
      folder: folderOf(first),
      clock: testClock(),
      permittedZones: ['acme.dev'],
      owner: 'someone@else',
    });
    assert.equal(again.root.certificate.fingerprint256, first.root.certificate.fingerprint256);
    assert.deepEqual(again.constraints, first.constraints);
    assert.ok(again.key.equals(first.key));
  });

  it('closes a folder and a key that were left open to others', async () => {
    const folder = folderOf(await newAuthority());
    await chmod(folder, 0o755);
    await chmod(path.join(folder, 'ca.key'), 0o644);
    await reopen(folder);
    assert.equal(await modeOf(folder), '700');
    assert.equal(await modeOf(folder, 'ca.key'), '600');
  });

  it('is completed when the first start was cut off after the key', async () => {
    const first = await newAuthority();
    await rm(first.root.file);
    const again = await reopen(folderOf(first));
    assert.ok(again.key.equals(first.key));
    assert.ok(again.root.certificate.checkPrivateKey(first.key));
  });

  it('loads a root that an earlier version made without a purpose', async () => {
    const first = await newAuthority();
    const {key, root, constraints} = first;
    await writeFile(root.file, rootWithoutPurpose(first));
    const again = await reopen(folderOf(first));
    assert.ok(again.key.equals(key));
    assert.deepEqual(again.constraints, constraints);
  });

  it('can be read without its key', async () => {
    const {root} = await newAuthority();
    await rm(path.join(path.dirname(root.file), 'ca.key'));
    const loaded = await loadRoot(path.dirname(root.file));
    assert.equal(loaded?.certificate.fingerprint256, root.certificate.fingerprint256);
    assert.equal(await loadRoot(await temporaryFolder()), undefined);
  });
});

describe('a damaged authority', () => {
  const damages: Record<string, (folder: string) => Promise<void>> = {
    'without its key': folder => rm(path.join(folder, 'ca.key')),
    'with the key of another': async folder => {
      const other = folderOf(await newAuthority());
      await copyFile(path.join(other, 'ca.key'), path.join(folder, 'ca.key'));
    },
    'with an empty certificate': folder => writeFile(path.join(folder, 'ca.crt'), ''),
    'with a key that is none': folder => writeFile(path.join(folder, 'ca.key'), 'secret'),
    'with a certificate that is no root': async folder => {
      const now = Date.now();
      const {cert, key} = createSelfSigned({names: ['app.test'], notBefore: now, notAfter: now + DAY_MS});
      await writeFile(path.join(folder, 'ca.crt'), cert);
      await writeFile(path.join(folder, 'ca.key'), key);
    },
  };

  for (const [how, damage] of Object.entries(damages)) {
    it(`${how} is refused, and left as it is`, async () => {
      const folder = folderOf(await newAuthority());
      await damage(folder);
      const before = await readdir(folder);
      await assert.rejects(reopen(folder), {code: 'CA_DAMAGED', hint: new RegExp(`tako untrust.*${folder}`)});
      assert.deepEqual(await readdir(folder), before);
    });
  }

  it('with half a key and no certificate is refused too', async () => {
    const folder = await temporaryFolder();
    await writeFile(path.join(folder, 'ca.key'), 'secret');
    await assert.rejects(reopen(folder), {code: 'CA_DAMAGED'});
  });

  it('is told from one that has expired', async () => {
    const clock = testClock();
    const authority = await newAuthority({clock});
    clock.advance(3649 * DAY_MS + 1_000);
    await assert.rejects(openAuthority({folder: folderOf(authority), clock}), {code: 'CA_EXPIRED'});
  });

  it('is not what a folder that cannot be made is', async () => {
    const file = path.join(await temporaryFolder(), 'file');
    await writeFile(file, '');
    await assert.rejects(reopen(path.join(file, 'ca')), {code: 'FILE_NOT_WRITABLE'});
  });
});

describe.skipIf(requires('openssl'))('the root as OpenSSL reads it', () => {
  it('is a certificate authority under critical name constraints', async () => {
    const {root} = await newAuthority();
    const text = await opensslText(await readFile(root.file, 'utf8'));
    assert.match(text, /X509v3 Basic Constraints: critical\s+CA:TRUE, pathlen:0\n/);
    assert.match(text, /X509v3 Key Usage: critical\s+Certificate Sign, CRL Sign\n/);
    assert.match(text, /X509v3 Extended Key Usage: \s+TLS Web Server Authentication\n/);
    const [, permitted = ''] = /Name Constraints: critical\s+Permitted:\n((?:\s+(?:DNS|IP):.*\n)+)/.exec(text) ?? [];
    const lines = permitted.trim().split(/\s*\n\s*/);
    assert.deepEqual(lines.slice(0, 4), ['DNS:test', 'DNS:localhost', 'DNS:local', 'IP:127.0.0.0/255.0.0.0']);
    assert.equal(lines.length, LOCAL_ZONES.length + LOCAL_IP_RANGES.length);
  });
});
