import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {frameworks} from '../../src/config/frameworks.js';
import {decideHostCheck, VITE_ALLOWED_HOSTS} from '../../src/config/host-check.js';

const answer = (id: string, hosts: readonly string[], viteVersion?: string) =>
  decideHostCheck(
    frameworks().find(framework => framework.id === id),
    {viteVersion},
    {name: 'shop', hosts},
  );

const onLan = {presentOnLan: 'shop.localhost'};
const byVariable = (value: string) => ({
  ...onLan,
  presentAs: undefined,
  presentPaths: [],
  environment: {[VITE_ALLOWED_HOSTS]: value},
});
const asLocalhost = {...onLan, presentAs: 'shop.localhost', presentPaths: [], environment: {}};
const nothing = {presentOnLan: undefined, presentAs: undefined, presentPaths: [], environment: {}};

describe('decideHostCheck', () => {
  it('names the one zone of all hosts to Vite and what is built on it', () => {
    const hosts = ['shop.test', '*.shop.test', 'admin.test', 'shop.localhost'];
    for (const id of ['vite', 'astro', 'nuxt', 'sveltekit', 'react-router']) {
      for (const version of ['6.1.0', '7.3.8', '8.3.8', undefined]) {
        assert.deepEqual(answer(id, hosts, version), byVariable('.test'), `${id} ${version}`);
      }
    }
  });

  it('covers a host and those below it outside of .test', () => {
    assert.deepEqual(answer('vite', ['*.shop.acme.dev', 'shop.acme.dev']), byVariable('.shop.acme.dev'));
    assert.deepEqual(answer('vite', ['api.acme.dev', 'acme.dev']), byVariable('.acme.dev'));
  });

  it('presents localhost where one value is not enough', () => {
    assert.deepEqual(answer('vite', ['shop.test', 'shop.acme.dev'], '8.3.8'), asLocalhost);
    assert.deepEqual(answer('vite', ['shop.test', 'shop.local']), asLocalhost);
  });

  it('presents localhost to versions of Vite that check hosts without knowing the variable', () => {
    for (const version of ['4.5.14', '5.4.21', '6.0.11'])
      assert.deepEqual(answer('vite', ['shop.test'], version), asLocalhost);
  });

  it('presents localhost to servers that have no variable', () => {
    for (const id of ['angular', 'webpack-dev-server', 'django'])
      assert.deepEqual(answer(id, ['shop.test']), asLocalhost);
  });

  it('presents localhost to Next for its own paths, and to its pages the host they are asked for', () => {
    assert.deepEqual(answer('next', ['shop.test']), {...asLocalhost, presentPaths: ['/_next/', '/__nextjs']});
  });

  it('presents localhost for the names of the network to all that check hosts, whatever they are told of others', () => {
    const paths = {presentPaths: ['/_next/', '/__nextjs']};
    assert.deepEqual(answer('next', ['shop.localhost']), {...nothing, ...onLan, ...paths});
    assert.deepEqual(answer('vite', ['shop.localhost']), {...nothing, ...onLan});
  });

  it('leaves alone what takes any host', () => {
    assert.deepEqual(answer('express', ['shop.test']), nothing);
    assert.deepEqual(answer('unknown', ['shop.test']), nothing);
  });
});
