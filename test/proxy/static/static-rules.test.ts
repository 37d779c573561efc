// The decisions about files that need no file.

import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {HeaderFields} from '../../../src/proxy/header-fields.js';
import {parseRange} from '../../../src/proxy/static/byte-range.js';
import {checkConditions, isRangeCurrent} from '../../../src/proxy/static/conditions.js';
import {chooseCoding} from '../../../src/proxy/static/content-coding.js';
import {contentTypeOf} from '../../../src/proxy/static/content-types.js';
import {isHashedPath, mayBeHashedPath} from '../../../src/proxy/static/hashed-names.js';

describe('a name with a hash in it', () => {
  it.each([
    '/main.8f3c2a1b.js',
    '/static/js/main.8f3c2a1b.chunk.js',
    '/static/css/main.0d4e8a9f1c2b3d4e5f60.css.map',
    '/chunk-QX4TJ2ZK.js',
    '/assets/index-BdwA2x3f.js',
    '/assets/fonts/Inter-C6_kR-aZ.woff2',
    '/assets/index-BdwA2x3f.js.map',
    '/_next/static/chunks/main-app.js',
    '/docs/_next/static/chunks/main-app.js',
    '/docs/assets/deep/index-BdwA2x3f.js',
    '/_next/static/a1B2/_buildManifest.js',
    '/_app/immutable/entry/start.js',
    '/_astro/hoisted.js',
    '/_nuxt/entry.js',
  ])('is that of %s', path => {
    assert.ok(isHashedPath(path));
    assert.ok(mayBeHashedPath(path));
  });

  it.each([
    '/index.html',
    '/logo-original.png',
    '/assets/logo-original.png',
    '/assets/logo.png',
    '/report-20240131.pdf',
    '/jquery-3.7.1.min.js',
    '/README-TEMPLATE.txt',
    '/photo-IMG_2034.jpg',
    '/index-BdwA2x3f.js',
    '/_nuxt/builds/latest.json',
    '/_next/image',
    '/_next/static/',
    '/8f3c2a1b/index.js',
    '/8f3c2a1b/assets-BdwA2x3f/index.js',
    `/assets/${'x'.repeat(300)}-BdwA2x3f.js`,
    '/sw.js',
  ])('is not that of %s', path => {
    assert.equal(isHashedPath(path), false);
  });

  it('may be one that looks like a word', () => {
    assert.ok(mayBeHashedPath('/assets/index-abcdefgh.js'));
    assert.equal(mayBeHashedPath('/assets/index.js'), false);
    assert.equal(mayBeHashedPath('/secrets.json'), false);
  });
});

describe('a range', () => {
  it.each([
    ['bytes=0-', {start: 0, end: 10}],
    ['bytes=0-0', {start: 0, end: 1}],
    ['bytes=2-5', {start: 2, end: 6}],
    ['bytes=2-99', {start: 2, end: 10}],
    ['bytes=9-', {start: 9, end: 10}],
    ['bytes=-3', {start: 7, end: 10}],
    ['bytes=-99', {start: 0, end: 10}],
    ['BYTES = 0-1', {start: 0, end: 2}],
    ['bytes=0-99999999999999999999999999', {start: 0, end: 10}],
    ['bytes=10-', 'unsatisfiable'],
    ['bytes=99999999999999999999999999-', 'unsatisfiable'],
    ['bytes=-0', 'unsatisfiable'],
    ['bytes=5-2', 'whole'],
    ['bytes=0-1,3-4', 'whole'],
    ['bytes=-', 'whole'],
    ['bytes=a-b', 'whole'],
    ['bytes=1.5-2', 'whole'],
    ['lines=0-1', 'whole'],
    ['', 'whole'],
    [undefined, 'whole'],
  ] as const)('%s of ten bytes', (value, expected) => {
    assert.deepEqual(parseRange(value, 10), expected);
  });

  it('of an empty file is all of it', () => {
    assert.equal(parseRange('bytes=0-', 0), 'whole');
  });
});

describe('a condition', () => {
  const STRONG = {etag: '"abc"', lastModified: 'Wed, 01 Jan 2025 00:00:00 GMT'};
  const WEAK = {...STRONG, etag: 'W/"abc"'};
  const fields = (...list: string[]) => HeaderFields.from(list);

  it.each([
    ['"abc"', 'not-modified'],
    ['W/"abc"', 'not-modified'],
    ['"x", W/"y,z", "abc"', 'not-modified'],
    ['*', 'not-modified'],
    ['"abcd"', 'passed'],
    ['abc', 'passed'],
    ['"x*"', 'passed'],
    ['', 'passed'],
  ])('If-None-Match: %s', (value, expected) => {
    assert.equal(checkConditions(fields('If-None-Match', value), STRONG), expected);
    assert.equal(checkConditions(fields('If-None-Match', value), WEAK), expected);
  });

  it('of If-Modified-Since is the very date, and nothing beside If-None-Match', () => {
    const later = 'Thu, 02 Jan 2025 00:00:00 GMT';
    assert.equal(checkConditions(fields('If-Modified-Since', STRONG.lastModified), STRONG), 'not-modified');
    assert.equal(checkConditions(fields('If-Modified-Since', later), STRONG), 'passed');
    const both = fields('If-None-Match', '"other"', 'If-Modified-Since', STRONG.lastModified);
    assert.equal(checkConditions(both, STRONG), 'passed');
  });

  it('of If-Match is a strong one', () => {
    assert.equal(checkConditions(fields('If-Match', '"abc"'), STRONG), 'passed');
    assert.equal(checkConditions(fields('If-Match', '*'), WEAK), 'passed');
    assert.equal(checkConditions(fields('If-Match', 'W/"abc"'), WEAK), 'failed');
    assert.equal(checkConditions(fields('If-Match', '"other"'), STRONG), 'failed');
  });

  it('of If-Range keeps the range only for the very same bytes', () => {
    assert.ok(isRangeCurrent(fields(), WEAK));
    assert.ok(isRangeCurrent(fields('If-Range', '"abc"'), STRONG));
    assert.ok(isRangeCurrent(fields('If-Range', STRONG.lastModified), STRONG));
    for (const value of ['W/"abc"', '"other"', STRONG.lastModified]) {
      assert.equal(isRangeCurrent(fields('If-Range', value), WEAK), false);
    }
  });
});

describe('a coding', () => {
  const ALL = ['br', 'zstd', 'gzip'] as const;

  it.each([
    ['gzip, deflate, br, zstd', 'br'],
    ['gzip, zstd', 'zstd'],
    ['gzip;q=1, br;q=0.9', 'gzip'],
    ['GZIP', 'gzip'],
    ['x-gzip', 'gzip'],
    ['*', 'br'],
    ['*, br;q=0', 'zstd'],
    ['br ; q=0.001', 'br'],
    ['gzip;q=0.5, identity', undefined],
    ['gzip;q=0.5, identity;q=0.5', 'gzip'],
    ['identity;q=0, gzip', 'gzip'],
    ['br;q=0, gzip;q=0, zstd;q=0.000', undefined],
    ['deflate', undefined],
    ['br;q=2, gzip;level=9', undefined],
    ['', undefined],
    [undefined, undefined],
  ] as const)('for Accept-Encoding: %s', (accept, expected) => {
    assert.equal(chooseCoding(ALL, accept), expected);
  });

  it('is only one that there is', () => {
    assert.equal(chooseCoding(['gzip'], 'br, gzip;q=0.1'), 'gzip');
    assert.equal(chooseCoding([], 'br, gzip'), undefined);
  });
});

describe('a content type', () => {
  it('follows from the extension, with a charset for text', () => {
    assert.equal(contentTypeOf('a/b.HTML').value, 'text/html; charset=utf-8');
    assert.equal(contentTypeOf('a.min.js').value, 'text/javascript; charset=utf-8');
    assert.equal(contentTypeOf('a.json').value, 'application/json');
    assert.equal(contentTypeOf('a.woff2').value, 'font/woff2');
    assert.equal(contentTypeOf('.well-known/apple-app-site-association').value, 'application/json');
    for (const name of ['LICENSE', 'a.unknown', 'a.constructor', 'a.__proto__', 'constructor', 'js']) {
      assert.equal(contentTypeOf(name).value, 'application/octet-stream', name);
    }
  });
});
