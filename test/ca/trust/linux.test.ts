import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {storeNameOf} from '../../../src/ca/root.js';
import {planLinux, readLinuxStore} from '../../../src/ca/trust/linux.js';
import type {LinuxStore, TrustChange} from '../../../src/ca/trust/trust-store.js';
import {createSelfSigned} from '../../../src/x509/self-signed.js';
import {temporaryFolder} from '../../x509/support.js';
import {newAuthority} from '../support.js';
import {fakeCommands, lineOf, place} from './support.js';

const {run} = fakeCommands({});

const ANCHORS = {
  'Fedora, RHEL': '/etc/pki/ca-trust/source/anchors',
  'Arch Linux': '/etc/ca-certificates/trust-source/anchors',
  SUSE: '/etc/pki/trust/anchors',
  'Debian, Ubuntu': '/usr/local/share/ca-certificates',
};
const DEBIAN = ANCHORS['Debian, Ubuntu'];
const BUNDLE = '/etc/ssl/certs/ca-certificates.crt';

async function readStore(root: string): Promise<LinuxStore> {
  const store = await readLinuxStore({home: '/nowhere', platform: 'linux', run, root});
  assert.equal(store.kind, 'linux');
  return store as LinuxStore;
}

const linesOf = (changes: readonly TrustChange[]): string[] => changes.map(({command}) => lineOf(command));

describe('the system store of Linux', () => {
  it('is found by the folder of its distribution', async () => {
    for (const [name, anchors] of Object.entries(ANCHORS)) {
      const root = await temporaryFolder();
      await place(root, `${anchors}/README`);
      const store = await readStore(root);
      assert.equal(store.name, `system store (${name})`);
      assert.equal(store.anchors, anchors);
      assert.deepEqual(store.roots, []);
    }
  });

  it("is Alpine's where that is the system, which has no update of its own for removals", async () => {
    const root = await temporaryFolder();
    await place(root, '/etc/alpine-release', '3.22.0');
    await place(root, '/sbin/apk');
    assert.partialDeepStrictEqual(await readLinuxStore({home: '/nowhere', platform: 'linux', run, root}), {
      reason: 'there is nothing that adds to it; apk add ca-certificates',
    });
    await place(root, `${DEBIAN}/tako-old.crt`, (await newAuthority()).root.certificate.toString());
    const store = await readStore(root);
    assert.equal(store.name, 'system store (Alpine)');
    assert.deepEqual(linesOf(planLinux(store, {remove: store.roots})), [
      `rm -f ${DEBIAN}/tako-old.crt`,
      'update-ca-certificates',
    ]);
  });

  it('is unavailable where there is none, with what to do on NixOS', async () => {
    const root = await temporaryFolder();
    const read = () => readLinuxStore({home: '/nowhere', platform: 'linux', run, root});
    assert.partialDeepStrictEqual(await read(), {
      kind: 'unavailable',
      reason: 'no known store; install the package ca-certificates',
    });
    await place(root, '/etc/NIXOS');
    assert.match(JSON.stringify(await read()), /security\.pki\.certificateFiles/);
  });

  it('holds a root actively once the bundle has it too', async () => {
    const root = await temporaryFolder();
    const {certificate} = (await newAuthority()).root;
    const file = `${DEBIAN}/${storeNameOf(certificate)}.crt`;
    await place(root, file, certificate.toString());
    assert.partialDeepStrictEqual((await readStore(root)).roots, [{place: file, active: false}]);
    await place(root, BUNDLE, certificate.toString());
    assert.partialDeepStrictEqual((await readStore(root)).roots, [{place: file, active: true}]);
  });

  it('holds a root that only the bundle has until the next update', async () => {
    const root = await temporaryFolder();
    const {certificate} = (await newAuthority()).root;
    await place(root, `${DEBIAN}/other.crt`);
    await place(root, BUNDLE, certificate.toString());
    const file = `${DEBIAN}/${storeNameOf(certificate)}.crt`;
    assert.partialDeepStrictEqual((await readStore(root)).roots, [{place: file, active: false}]);
  });

  it("goes by content: other roots, other people's files and damaged ones are not tako's", async () => {
    const root = await temporaryFolder();
    const {certificate} = (await newAuthority()).root;
    const other = createSelfSigned({names: ['example.com'], notBefore: Date.now(), notAfter: Date.now() + 1e9});
    await place(root, `${DEBIAN}/${storeNameOf(certificate)}.crt`, other.cert);
    await place(root, `${DEBIAN}/tako-damaged.crt`, '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n');
    await place(root, `${DEBIAN}/mine.crt`, certificate.toString());
    await place(root, BUNDLE, other.cert);
    assert.deepEqual((await readStore(root)).roots, []);
  });
});

describe('the plan for the system store of Linux', () => {
  it('copies the root and updates the bundle, both elevated', async () => {
    for (const [anchors, update] of [
      [ANCHORS['Fedora, RHEL'], 'update-ca-trust extract'],
      [ANCHORS['Arch Linux'], 'update-ca-trust extract'],
      [ANCHORS.SUSE, 'update-ca-certificates'],
      [DEBIAN, 'update-ca-certificates'],
    ] as const) {
      const folder = await temporaryFolder();
      await place(folder, `${anchors}/README`);
      const {root} = await newAuthority();
      const changes = planLinux(await readStore(folder), {add: root, remove: []});
      const copy = `install -m 0644 ${root.file} ${anchors}/${storeNameOf(root.certificate)}.crt`;
      assert.deepEqual(linesOf(changes), [copy, update]);
      assert.ok(changes.every(({command}) => command.elevated));
    }
  });

  it('removes and adds with one update, which clears what was linked', async () => {
    const folder = await temporaryFolder();
    const [{root}, {root: old}] = [await newAuthority(), await newAuthority()];
    const file = `${DEBIAN}/tako-old.crt`;
    await place(folder, file, old.certificate.toString());
    const store = await readStore(folder);
    const changes = planLinux(store, {add: root, remove: store.roots});
    assert.deepEqual(linesOf(changes), [
      `rm -f ${file}`,
      `install -m 0644 ${root.file} ${DEBIAN}/${storeNameOf(root.certificate)}.crt`,
      'update-ca-certificates --fresh',
    ]);
  });

  it('is empty when there is nothing to change', async () => {
    const folder = await temporaryFolder();
    await place(folder, `${DEBIAN}/README`);
    assert.deepEqual(planLinux(await readStore(folder), {remove: []}), []);
  });
});
