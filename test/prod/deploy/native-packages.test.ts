import assert from 'node:assert/strict';
import path from 'node:path';
import {describe, it} from 'vitest';
import {isSamePlatform} from '../../../src/prod/deploy/client-platform.js';
import {findNativePackages} from '../../../src/prod/deploy/native-packages.js';
import {temporaryFolder} from '../../config/support.js';
import {LINUX} from './support.js';

const scripts = (install: string): string => JSON.stringify({scripts: {install}});

describe('findNativePackages', () => {
  it('finds what would have to compile, also in scopes and below other packages', async () => {
    const modules = await temporaryFolder({
      'bcrypt/package.json': '{}',
      'bcrypt/binding.gyp': '',
      '@acme/fast/package.json': scripts('prebuild-install || node-gyp rebuild'),
      'plain/package.json': scripts('node check.js'),
      'plain/node_modules/deep/package.json': scripts('node-pre-gyp install --fallback-to-build'),
      '.bin/x': '',
    });
    assert.deepEqual(await findNativePackages(modules, LINUX), ['@acme/fast', 'bcrypt', 'deep']);
  });

  it('lets pass what brings its compiled files along', async () => {
    const modules = await temporaryFolder({
      'has/package.json': scripts('node-gyp-build'),
      'has/binding.gyp': '',
      'has/prebuilds/linux-x64/node.napi.node': '',
      'both/binding.gyp': '',
      'both/package.json': '{}',
      'both/prebuilds/linux-arm64+x64/a.node': '',
      'mac/binding.gyp': '',
      'mac/package.json': '{}',
      'mac/prebuilds/darwin-x64/a.node': '',
    });
    assert.deepEqual(await findNativePackages(modules, LINUX), ['mac']);
  });

  it('finds nothing where there is nothing', async () => {
    assert.deepEqual(await findNativePackages(path.join(await temporaryFolder(), 'none'), LINUX), []);
  });
});

describe('isSamePlatform', () => {
  it('is so for the same system, processor, libc and version of Node only', () => {
    const client = {...LINUX, nodeMajor: 24};
    assert.equal(isSamePlatform(client, LINUX, 24), true);
    for (const other of [{os: 'darwin'}, {cpu: 'arm64'}, {libc: 'musl'}, {nodeMajor: 22}] as const) {
      assert.equal(isSamePlatform({...client, ...other}, LINUX, 24), false, JSON.stringify(other));
    }
  });
});
