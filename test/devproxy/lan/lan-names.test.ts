import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {lanAppOf, lanNamesOf} from '../../../src/devproxy/lan/lan-names.js';
import {registrationOf} from '../support.js';

const ZONES = ['test', 'dev.example.com'];

describe('the names of an app on the network', () => {
  it('are those it has, with local in the place of the zone', () => {
    const hosts = ['shop.test', 'shop.localhost', 'api.shop.test', 'shop.dev.example.com', 'menu.local'];
    assert.deepEqual(lanNamesOf('shop', hosts, ZONES), ['shop.local', 'api.shop.local', 'menu.local']);
  });

  it('leave out wildcards, which nobody can announce', () => {
    assert.deepEqual(lanNamesOf('shop', ['*.shop.test', 'shop.test'], ZONES), ['shop.local']);
  });

  it('are its own name where it has a whole zone', () => {
    assert.deepEqual(lanNamesOf('shop', ['dev.example.com'], ZONES), ['shop.local']);
  });
});

describe('an app on the network', () => {
  it('has its routes there, the name to open first in front', () => {
    const registration = registrationOf('shop', {
      routes: ['api.shop.test/v1/*', 'shop.test', '*.shop.test', 'shop.localhost'],
      primaryHost: 'shop.test',
    });
    const {names, routes} = lanAppOf(registration, ZONES);
    assert.deepEqual(names, ['shop.local', 'api.shop.local']);
    assert.deepEqual(
      routes.map(({host, path, app}) => host + path + app),
      ['api.shop.local/v1/*shop', 'shop.local/shop'],
    );
  });

  it('has what else is on a host of its own, and nothing that is beside it', () => {
    const registration = registrationOf('shop', {
      staticRoutes: ['shop.test/api/*=127.0.0.1:4000', 'db.test=127.0.0.1:8080'],
    });
    const {names, routes} = lanAppOf(registration, ZONES);
    assert.deepEqual(names, ['shop.local']);
    assert.deepEqual(
      routes.map(({host, path, upstream}) => [host + path, upstream?.port]),
      [
        ['shop.local/', undefined],
        ['shop.local/api/*', 4000],
      ],
    );
  });

  it('is asked by the name the phone used, unless its server knows only names of this machine', () => {
    const plain = lanAppOf(registrationOf('shop', {presentAs: 'shop.localhost'}), ZONES);
    assert.equal(plain.routes[0]?.presentAs, undefined);
    const vite = lanAppOf(registrationOf('shop', {presentOnLan: 'shop.localhost', presentPaths: ['/_next/']}), ZONES);
    assert.equal(vite.routes[0]?.presentAs, 'shop.localhost');
    assert.deepEqual(vite.routes[0].presentPaths, ['/_next/']);
  });
});
