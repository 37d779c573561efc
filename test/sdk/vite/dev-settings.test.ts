import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {devServerSettings} from '../../../src/sdk/vite/dev-settings.js';

describe('devServerSettings', () => {
  it('allows the names that tako serves the app under, and listens on the port that it keeps', () => {
    const environment = {
      TAKO_BUILD: 'dev',
      TAKO_DEV_ALLOWED_HOSTS: 'shop.test,.shop.test,shop.example.com',
      PORT: '21000',
      HOST: '127.0.0.1',
    };
    assert.deepEqual(devServerSettings(undefined, environment), {
      allowedHosts: ['.test', '.tako', 'shop.test', '.shop.test', 'shop.example.com'],
      host: '127.0.0.1',
      port: 21_000,
      strictPort: true,
    });
  });

  it('leaves a project alone that allows every name', () => {
    assert.deepEqual(devServerSettings({allowedHosts: true}, {}), {});
  });

  it('takes PORT for its own only under tako', () => {
    assert.deepEqual(devServerSettings(undefined, {PORT: '3000'}), {allowedHosts: ['.test', '.tako']});
  });

  it('leaves the choice of the port to Vite where the contract says 0', () => {
    const {port, strictPort, host} = devServerSettings(undefined, {TAKO_BUILD: 'dev', PORT: '0'});
    assert.deepEqual([port, strictPort, host], [undefined, undefined, '127.0.0.1']);
  });

  it.each(['', 'none', '3000.5'])('does not take %j for a port', PORT => {
    assert.equal(devServerSettings(undefined, {TAKO_BUILD: 'dev', PORT}).port, undefined);
  });
});
