import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {mergeLayers} from '../../src/config/variable-layers.js';
import {type DevEnvironmentFacts, devLayers} from '../../src/devproxy/dev-environment.js';

const facts: DevEnvironmentFacts = {
  terminal: {PATH: '/usr/bin:/bin', LANG: 'C', TAKO_HOME: '/home/me/tako', NOT_SET: undefined},
  directory: '/home/me/shop',
  folders: ['/home/me/shop'],
  project: [],
  environmentName: 'development',
  build: 'dev',
  appRoot: 'dist',
  hosts: ['shop.test', '*.shop.test'],
};

const environment = (more: Partial<DevEnvironmentFacts> = {}) => mergeLayers(devLayers({...facts, ...more}));

describe('the environment of an app', () => {
  it('is that of the terminal, without the settings of the daemon and the secrets of another app', () => {
    const terminal = {...facts.terminal, TAKO_BOOTSTRAP_DATA: '{"secrets":{"KEY":"canary"}}'};
    const {LANG, ...rest} = environment({terminal});
    assert.equal(LANG, 'C');
    assert.ok(!('TAKO_HOME' in rest) && !('NOT_SET' in rest) && !('TAKO_BOOTSTRAP_DATA' in rest));
  });

  it('finds the programs of the project first', () => {
    assert.equal(environment().PATH, '/home/me/shop/node_modules/.bin:/usr/bin:/bin');
    assert.equal(environment({terminal: {}}).PATH, '/home/me/shop/node_modules/.bin');
  });

  it('finds those of the repository around the project next', () => {
    const folders = ['/home/me/shop/web', '/home/me/shop'];
    const bins = folders.map(folder => `${folder}/node_modules/.bin`).join(':');
    assert.equal(environment({folders}).PATH, `${bins}:/usr/bin:/bin`);
  });

  it('has what the contract promises', () => {
    const {PATH: _, LANG: __, ...own} = environment();
    assert.deepEqual(own, {
      NODE_ENV: 'development',
      ENV: 'development',
      TAKO_BUILD: 'dev',
      TAKO_DATA_DIR: '/home/me/shop/.tako/data/app',
      TAKO_APP_ROOT: '/home/me/shop/dist',
      TAKO_DEV_ALLOWED_HOSTS: 'shop.test,.shop.test',
    });
  });

  it('is that of production in every environment but development', () => {
    assert.equal(environment({environmentName: 'staging'}).NODE_ENV, 'production');
    assert.equal(environment({environmentName: 'staging'}).ENV, 'staging');
  });

  it('lets the variables of the project win over the terminal, and tako over both', () => {
    const variables = {LANG: 'de', NODE_ENV: 'test', ENV: 'mine', TAKO_DATA_DIR: '/mine'};
    const {LANG, NODE_ENV, ENV, TAKO_DATA_DIR} = environment({project: [{source: 'vars', variables}]});
    assert.deepEqual(
      [LANG, NODE_ENV, ENV, TAKO_DATA_DIR],
      ['de', 'test', 'development', '/home/me/shop/.tako/data/app'],
    );
  });
});
