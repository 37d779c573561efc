import assert from 'node:assert/strict';
import {afterEach, beforeEach, describe, it, vi} from 'vitest';
import {withTako} from '../../../src/sdk/next/with-tako.js';

beforeEach(() => {
  vi.stubEnv('NODE_ENV', 'development');
  vi.stubEnv('TAKO_DEV_ALLOWED_HOSTS', 'shop.test,.shop.example.com');
  // Settings alone are looked at here: no server of this process is to be observed.
  vi.spyOn(process, 'argv', 'get').mockReturnValue(['node', 'next', 'typegen']);
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

const ADDED = {
  output: 'standalone',
  allowedDevOrigins: ['**.test', 'shop.test', '*.shop.example.com'],
  serverExternalPackages: ['tako.sh'],
};

describe('withTako', () => {
  it('adds what tako needs, and nothing else', () => {
    assert.deepEqual(withTako(), ADDED);
    assert.deepEqual(withTako({reactStrictMode: true}), {reactStrictMode: true, ...ADDED});
  });

  it('goes behind what the project says itself', () => {
    const given = {
      output: 'export',
      allowedDevOrigins: ['other.example', 'shop.test'],
      serverExternalPackages: ['sharp'],
    };
    assert.deepEqual(withTako(given), {
      output: 'export',
      allowedDevOrigins: ['other.example', 'shop.test', '**.test', '*.shop.example.com'],
      serverExternalPackages: ['sharp', 'tako.sh'],
    });
    assert.deepEqual(given.serverExternalPackages, ['sharp'], 'what was given stays as it is');
  });

  it('takes a function for a function, and gives it what Next gives', () => {
    const config = withTako((phase: string, {defaultConfig}: {defaultConfig: object}) => ({phase, ...defaultConfig}));
    assert.deepEqual(config('phase-development-server', {defaultConfig: {distDir: 'built'}}), {
      phase: 'phase-development-server',
      distDir: 'built',
      ...ADDED,
    });
  });

  it('takes one that needs time', async () => {
    const config = withTako(async () => ({compress: false}));
    assert.deepEqual(await config(), {compress: false, ...ADDED});
  });

  it('says nothing about other origins in production', () => {
    vi.stubEnv('NODE_ENV', 'production');
    assert.equal('allowedDevOrigins' in withTako({}), false);
  });
});
