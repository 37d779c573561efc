import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {loadSettings} from '../../src/config/settings.js';
import {failure, temporaryFolder} from './support.js';

const load = async (text: string) => loadSettings(await temporaryFolder({'settings.toml': text}));

describe('loadSettings', () => {
  it('is undefined for what tako chooses when there is no file', async () => {
    const none = {port: undefined, httpPort: undefined, dnsPort: undefined, zones: [], secretKeys: 'file'};
    assert.deepEqual(await loadSettings(await temporaryFolder()), none);
    assert.deepEqual(await loadSettings('/nowhere/at/all'), none);
  });

  it('reads ports, zones and where keys are kept', async () => {
    assert.deepEqual(
      await load(
        'port = 8443\nhttp_port = 0\ndns_port = 5353\nzones = ["Acme.dev", "acme.dev."]\nsecret_keys = "keychain"',
      ),
      {
        port: 8443,
        httpPort: 0,
        dnsPort: 5353,
        zones: ['acme.dev'],
        secretKeys: 'keychain',
      },
    );
  });

  it('reports every problem at once', async () => {
    const error = await failure(() => load('prot = 1\nport = 70000\nzones = ["*.test", "127.0.0.1", 5]'));
    assert.equal(error.code, 'CONFIG_INVALID');
    assert.deepEqual(error.details, [
      'settings.toml:1:1 prot: unknown key, did you mean "port"?',
      'settings.toml:2:1 port: expected a port from 0 to 65535, found 70000',
      'settings.toml:3:10 zones[0]: expected a zone such as "test" or "acme.dev", found "*.test"',
      'settings.toml:3:20 zones[1]: expected a zone such as "test" or "acme.dev", found "127.0.0.1"',
      'settings.toml:3:33 zones[2]: expected a zone such as "test" or "acme.dev", found 5',
    ]);
  });
});
