import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {parseStaticRoute, renderStaticRoute} from '../../src/config/static-route.js';

describe('a static route', () => {
  it.each([
    ['db.test=127.0.0.1:8080', 'db.test=127.0.0.1:8080'],
    ['DB.test/admin/*=8080', 'db.test/admin/*=127.0.0.1:8080'],
    ['db.test=:8080', 'db.test=127.0.0.1:8080'],
    ['*.db.test = [::1]:8080', '*.db.test=[::1]:8080'],
    ['db.test=minio.local:9000', 'db.test=minio.local:9000'],
  ])('%s is read as %s', (text, rendered) => {
    assert.equal(renderStaticRoute(parseStaticRoute(text)), rendered);
  });

  it.each([
    'db.test',
    'db.test=',
    'db.test=localhost',
    'db.test=127.0.0.1:0',
    'db.test=127.0.0.1:70000',
    'db.test=http://127.0.0.1:80',
    'db.test=[::zz]:80',
    '=127.0.0.1:80',
    'https://db.test=80',
  ])('%j is refused, and says what is wrong', text => {
    assert.throws(() => parseStaticRoute(text), {code: 'ROUTE_INVALID', message: /^route "/});
  });
});
