import assert from 'node:assert/strict';
import {chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {describe, it} from 'vitest';
import {createKey} from '../../../src/secrets/change-secrets.js';
import {parseExportedKey, renderExportedKey} from '../../../src/secrets/keys/exported-key.js';
import {openKeyFiles} from '../../../src/secrets/keys/key-files.js';
import type {KeyStore} from '../../../src/secrets/keys/key-store.js';
import {openKeychain, SECRET_TOOL, SECURITY} from '../../../src/secrets/keys/keychain.js';
import {keyFromPassphrase} from '../../../src/secrets/keys/passphrase.js';
import {openUserKeys} from '../../../src/secrets/keys/user-keys.js';
import {run} from '../../../src/system/exec.js';
import {hasCode, temporaryFolder} from '../support.js';

/**
 * A program of that name that keeps what it is given in files, as the real ones do in a keychain, and notes its arguments.
 * Everything is in the folder that comes back; `use` runs with it in PATH.
 */
function fakeProgram(name: 'security' | 'secret-tool') {
  const folder = temporaryFolder();
  const program = `#!/bin/sh
cd '${folder}' || exit 1
echo "$*" >> arguments
case "$1" in
  -i) read -r line; set -- $line; printf %s "$8" > "key-$6";;
  find-generic-password) cat "key-$5" 2>/dev/null || exit 44;;
  delete-generic-password) rm "key-$5";;
  store) cat > "key-$6";;
  lookup) cat "key-$5" 2>/dev/null || exit 1;;
  clear) rm "key-$5";;
  *) exit 2;;
esac
`;
  mkdirSync(path.join(folder, 'bin'));
  writeFileSync(path.join(folder, 'bin', name), program, {mode: 0o755});
  const environment = {...process.env, PATH: `${folder}/bin:${process.env.PATH}`};
  return {
    folder,
    run: (...[command, options]: Parameters<typeof run>) => run(command, {...options, environment}),
    calls: () => readFileSync(path.join(folder, 'arguments'), 'utf8'),
  };
}

function keyStoreContract(name: string, open: () => KeyStore): void {
  describe(`${name} as a store of keys`, () => {
    it('gives back what it was given, and nothing for what it was not', async () => {
      const [store, key] = [open(), createKey()];
      assert.equal(await store.find(key.id), undefined);
      await store.save(key);
      const found = await store.find(key.id);
      assert.deepEqual(found && Buffer.from(found.bytes), Buffer.from(key.bytes));
      assert.equal(await store.find(createKey().id), undefined);
    });

    it('forgets what is removed, and does not mind what was not there', async () => {
      const [store, key] = [open(), createKey()];
      await store.remove(key.id);
      await store.save(key);
      await store.remove(key.id);
      assert.equal(await store.find(key.id), undefined);
    });
  });
}

keyStoreContract('a folder', () => openKeyFiles(temporaryFolder()));
keyStoreContract('the keychain of macOS', () => openKeychain(SECURITY, fakeProgram('security').run));
keyStoreContract('the keychain of Linux', () => openKeychain(SECRET_TOOL, fakeProgram('secret-tool').run));

describe('keys in files', () => {
  it('are for their user alone', async () => {
    const folder = temporaryFolder();
    const key = createKey();
    await openKeyFiles(folder).save(key);
    assert.equal(statSync(path.join(folder, 'keys')).mode & 0o777, 0o700);
    assert.equal(statSync(path.join(folder, 'keys', key.id)).mode & 0o777, 0o600);
    assert.deepEqual(readdirSync(path.join(folder, 'keys')), [key.id]);
  });

  it('that others may read are refused', async () => {
    const folder = temporaryFolder();
    const [store, key] = [openKeyFiles(folder), createKey()];
    await store.save(key);
    chmodSync(path.join(folder, 'keys', key.id), 0o640);
    await assert.rejects(store.find(key.id), hasCode('SECRET_KEY_EXPOSED'));
  });

  it('that hold something else are refused', async () => {
    const folder = temporaryFolder();
    const [store, key] = [openKeyFiles(folder), createKey()];
    await store.save(key);
    writeFileSync(path.join(folder, 'keys', key.id), 'short');
    await assert.rejects(store.find(key.id), hasCode('SECRET_KEY_INVALID'));
  });
});

describe('keys in a keychain', () => {
  it.each([
    ['security', SECURITY],
    ['secret-tool', SECRET_TOOL],
  ] as const)('are never an argument of %s', async (name, program) => {
    const fake = fakeProgram(name);
    const key = createKey();
    const store = openKeychain(program, fake.run);
    await store.save(key);
    await store.find(key.id);
    const text = Buffer.from(key.bytes).toString('base64');
    assert.ok(!fake.calls().includes(text));
    assert.equal(readFileSync(path.join(fake.folder, `key-${key.id}`), 'utf8'), text);
  });

  it('that does not take one say so', async () => {
    const store = openKeychain(SECRET_TOOL, async () => ({exitCode: 1, stdout: '', stderr: 'locked'}));
    await assert.rejects(store.save(createKey()), hasCode('KEYCHAIN_FAILED'));
  });

  it('leave those in files to be found', async () => {
    const [folder, fake, key] = [temporaryFolder(), fakeProgram('secret-tool'), createKey()];
    await openKeyFiles(folder).save(key);
    const options = {dataFolder: folder, place: 'keychain', platform: 'linux', run: fake.run} as const;
    assert.ok(await openUserKeys(options).find(key.id));
    assert.throws(() => openUserKeys({...options, platform: 'aix'}), hasCode('KEYCHAIN_FAILED'));
  });
});

describe('an exported key', () => {
  it('is read as the same', () => {
    const key = createKey();
    const {id, bytes} = parseExportedKey(`${renderExportedKey(key)}\n`);
    assert.deepEqual([id, Buffer.from(bytes)], [key.id, Buffer.from(key.bytes)]);
  });

  it('of the existing format is read too', () => {
    const document = {version: 1, id: '00112233445566aa', key: Buffer.alloc(32, 7).toString('base64')};
    const text = Buffer.from(JSON.stringify(document)).toString('base64url');
    assert.deepEqual(parseExportedKey(text), {id: document.id, bytes: Buffer.alloc(32, 7)});
  });

  it.each(['', 'nonsense', Buffer.from('{"version":2}').toString('base64url')])(
    'is refused for %j, and is not repeated',
    text => {
      assert.throws(
        () => parseExportedKey(text),
        error => hasCode('SECRET_KEY_INVALID')(error) && (text === '' || !String(error).includes(text)),
      );
    },
  );
});

describe('a passphrase', () => {
  it('makes the key that the existing Tako makes of it', async () => {
    const {bytes} = await keyFromPassphrase('correct horse battery', '00112233445566aa');
    // Computed apart: Python's hashlib.pbkdf2_hmac('sha256', ..., b'tako-secrets-v1:00112233445566aa', 600000).
    assert.equal(Buffer.from(bytes).toString('hex'), EXPECTED);
  });

  it('that is short is refused', async () => {
    await assert.rejects(keyFromPassphrase('short', '00112233445566aa'), hasCode('PASSPHRASE_TOO_SHORT'));
  });
});

const EXPECTED = '17c249a779310b9b6c365ba0b5071d9d5d1a37ba7b377703f5c74fe1b1da36ce';
