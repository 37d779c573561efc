import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {orderedNames} from '../../../src/prod/server/ordered-names.js';

describe('the names that certificates are ordered for', () => {
  it('are the public hosts of the routes', () => {
    const routes = ['shop.acme.dev', 'shop.acme.dev/api', '*.shop.acme.dev', 'acme.co.uk'];
    const names = orderedNames({ssl: 'letsencrypt', routes});
    assert.deepEqual([...new Set(names)], ['shop.acme.dev', '*.shop.acme.dev', 'acme.co.uk']);
  });

  it.each([
    'shop.test',
    'shop.internal',
    'nas.local',
    'shop.localhost',
    'shop.example.com',
    'printer.home.arpa',
    'intranet',
    '203.0.113.7',
    '[2001:db8::7]',
  ])('are none of %s', route => {
    assert.deepEqual(orderedNames({ssl: 'letsencrypt', routes: [route]}), []);
  });

  it.each(['files', 'internal', 'off', 'cloudflare'] as const)('are none where ssl is "%s"', ssl => {
    assert.deepEqual(orderedNames({ssl, routes: ['shop.acme.dev']}), []);
  });
});
