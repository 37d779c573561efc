import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {commonNameOf} from '../../../src/ca/owner.js';
import {planMacos, readMacosStore} from '../../../src/ca/trust/macos.js';
import type {TrustChange, TrustWorld} from '../../../src/ca/trust/trust-store.js';
import {newAuthority} from '../support.js';
import {fakeCommands, lineOf} from './support.js';

const KEYCHAIN = '/Library/Keychains/System.keychain';
const FIND = `security find-certificate -a -c tako local authority -p ${KEYCHAIN}`;
const SETTINGS = 'security dump-trust-settings -d';

function mac(keychain: string, settings: string): TrustWorld {
  const {run} = fakeCommands({[FIND]: {stdout: keychain}, [SETTINGS]: {stdout: settings}});
  return {home: '/Users/ann', platform: 'darwin', run};
}

const linesOf = (changes: readonly TrustChange[]): string[] => changes.map(({command}) => lineOf(command));

describe('the keychain of macOS', () => {
  it('holds a root actively when it has trust settings that do not deny it', async () => {
    const {certificate} = (await newAuthority()).root;
    const entry = (rest: string) => `Number of trusted certs = 1\nCert 0: ${commonNameOf(certificate)}\n${rest}`;
    const denied =
      '   Number of trust settings : 1\n   Trust Setting 0:\n      Result Type           : kSecTrustSettingsResultDeny\n';
    for (const [settings, active] of [
      [entry('   Number of trust settings : 0\n'), true],
      [entry(denied), false],
      ['SecTrustSettingsCopyCertificates: No Trust Settings were found.\n', false],
      [`Number of trusted certs = 1\nCert 0: another\n${denied}`, false],
    ] as const) {
      const {roots} = await readMacosStore(mac(certificate.toString(), settings));
      assert.partialDeepStrictEqual(roots, [{place: KEYCHAIN, active}]);
    }
  });

  it('may hold none', async () => {
    assert.deepEqual((await readMacosStore(mac('', ''))).roots, []);
  });
});

describe('the plan for the keychain of macOS', () => {
  it('adds the root to the system keychain and trusts it for TLS alone, elevated', async () => {
    const store = await readMacosStore(mac('', ''));
    const {root} = await newAuthority();
    const changes = planMacos(store, {add: root, remove: []});
    assert.deepEqual(linesOf(changes), [
      `security add-trusted-cert -d -r trustRoot -p ssl -p basic -k ${KEYCHAIN} ${root.file}`,
    ]);
    assert.ok(changes.every(({command}) => command.elevated));
  });

  it('takes the trust away by file, then deletes the certificate by its fingerprint', async () => {
    const {root} = await newAuthority();
    const settings = `Cert 0: ${commonNameOf(root.certificate)}\n   Number of trust settings : 0\n`;
    const store = await readMacosStore(mac(root.certificate.toString(), settings));
    const sha1 = root.certificate.fingerprint.replaceAll(':', '');
    const remove = store.roots.map(stored => ({...stored, file: root.file}));
    assert.deepEqual(linesOf(planMacos(store, {remove})), [
      `security remove-trusted-cert -d ${root.file}`,
      `security delete-certificate -Z ${sha1} ${KEYCHAIN}`,
    ]);
    assert.deepEqual(linesOf(planMacos(store, {remove: store.roots})), [
      `security delete-certificate -Z ${sha1} ${KEYCHAIN}`,
    ]);
  });
});
