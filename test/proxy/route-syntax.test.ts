import assert from 'node:assert/strict';
import fc from 'fast-check';
import {describe, it} from 'vitest';
import {
  normalizeHost,
  normalizePath,
  parseAuthority,
  parseRoute,
  type RoutePattern,
  renderRoute,
} from '../../src/proxy/route-syntax.js';

const SEED = 20_260_101;

function parsed(text: string): RoutePattern {
  const result = parseRoute(text);
  if (!result.ok) throw new Error(result.problem);
  return result.route;
}

function problemOf(text: string): string {
  const result = parseRoute(text);
  assert.equal(result.ok, false, `${text} should not be a route`);
  return result.ok ? '' : result.problem;
}

describe('a route', () => {
  it.each([
    ['app.test', 'app.test', '/'],
    ['APP.Test', 'app.test', '/'],
    ['app.test.', 'app.test', '/'],
    [' app.test ', 'app.test', '/'],
    ['app.test/', 'app.test', '/'],
    ['app.test/*', 'app.test', '/'],
    ['app.test//', 'app.test', '/'],
    ['app.test/api', 'app.test', '/api'],
    ['app.test/api/', 'app.test', '/api'],
    ['app.test/api/*', 'app.test', '/api/*'],
    ['app.test/API', 'app.test', '/API'],
    ['app.test/%61pi/*', 'app.test', '/api/*'],
    ['app.test/a%2fb', 'app.test', '/a%2Fb'],
    ['app.test/a/../b', 'app.test', '/b'],
    ['*.app.test', '*.app.test', '/'],
    ['*.APP.test.', '*.app.test', '/'],
    ['localhost', 'localhost', '/'],
    ['bücher.test', 'xn--bcher-kva.test', '/'],
    ['*.BÜCHER.test', '*.xn--bcher-kva.test', '/'],
    ['日本。test', 'xn--wgv71a.test', '/'],
    ['127.0.0.1', '127.0.0.1', '/'],
    ['[::1]', '::1', '/'],
    ['[0:0:0:0:0:0:0:1]/api', '::1', '/api'],
    ['[2001:DB8::0]', '2001:db8::', '/'],
  ])('reads %s as host %s and path %s', (text, host, path) => {
    assert.deepEqual(parsed(text), {host, path});
  });

  it.each([
    ['', /starts with a host/],
    ['/api', /starts with a host/],
    ['https://app.test', /without a scheme/],
    ['app.test:8080', /without a port/],
    ['[::1]:8080', /without a port/],
    ['*', /not a host name/],
    ['*.', /not a host name/],
    ['a.*.test', /not a host name/],
    ['*.*.test', /not a host name/],
    ['*.127.0.0.1', /not a host name/],
    ['*.[::1]', /not a host name/],
    ['[::1%25eth0]', /not a host name/],
    ['[::1', /not a host name/],
    ['app..test', /not a host name/],
    ['-app.test', /not a host name/],
    ['app-.test', /not a host name/],
    ['a b.test', /not a host name/],
    ['user@app.test', /not a host name/],
    [`${'a'.repeat(64)}.test`, /not a host name/],
    [`${'a.'.repeat(130)}test`, /not a host name/],
    ['app.test/a b', /not a path/],
    ['app.test/a?b', /not a path/],
    ['app.test/%zz', /not a path/],
    ['app.test/a*', /last segment/],
    ['app.test/*/a', /last segment/],
    ['app.test/**', /last segment/],
  ])('refuses %j', (text, problem) => {
    assert.match(problemOf(text), problem);
  });

  it('is the same after being rendered and read again', () => {
    const label = fc.stringMatching(/^[a-zA-Z0-9]([a-zA-Z0-9-]{0,8}[a-zA-Z0-9])?$/);
    const name = fc.array(label, {minLength: 1, maxLength: 4}).map(labels => labels.join('.'));
    const host = fc.oneof(
      name,
      name.map(suffix => `*.${suffix}`),
      fc.ipV6().map(address => `[${address}]`),
      fc.ipV4(),
    );
    const segment = fc.stringMatching(/^(?:[\w.~@:-]|%[0-9a-fA-F]{2}){0,6}$/);
    const path = fc.array(segment, {maxLength: 4}).map(segments => segments.map(part => `/${part}`).join(''));
    const routes = fc.tuple(host, path, fc.constantFrom('', '/', '/*')).map(parts => parts.join(''));
    fc.assert(
      fc.property(routes, text => {
        const route = parsed(text);
        assert.deepEqual(parsed(renderRoute(route)), route);
      }),
      {seed: SEED, numRuns: 1_000},
    );
  });

  it('is read or refused, whatever the text, and what was read stays the same', () => {
    fc.assert(
      fc.property(fc.string({unit: 'binary', maxLength: 40}), text => {
        const result = parseRoute(text);
        if (result.ok) assert.deepEqual(parsed(renderRoute(result.route)), result.route);
      }),
      {seed: SEED, numRuns: 1_500},
    );
  });
});

describe('a host', () => {
  it.each([
    ['APP.TEST', 'app.test'],
    ['app.test.', 'app.test'],
    ['app.test..', undefined],
    ['.', undefined],
    ['', undefined],
    ['xn--bcher-kva.test', 'xn--bcher-kva.test'],
    ['Bücher.test', 'xn--bcher-kva.test'],
    ['[::FFFF:1.2.3.4]', '::ffff:102:304'],
    ['::1', undefined],
    ['[app.test]', undefined],
    ['a_b.test', undefined],
    ['a\tb.test', undefined],
    ['bü\ncher.test', undefined],
  ])('%j is normalised to %j', (text, host) => {
    assert.equal(normalizeHost(text), host);
  });

  it('is normalised once and for all, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({unit: 'grapheme', maxLength: 30}), text => {
        const host = normalizeHost(text);
        if (host !== undefined && !host.includes(':')) assert.equal(normalizeHost(host), host);
      }),
      {seed: SEED, numRuns: 2_000},
    );
  });
});

describe('an authority', () => {
  it.each([
    ['app.test', {host: 'app.test', port: undefined}],
    ['App.Test.:8443', {host: 'app.test', port: 8443}],
    ['[::1]:443', {host: '::1', port: 443}],
    ['[0::1]', {host: '::1', port: undefined}],
    ['127.0.0.1:65535', {host: '127.0.0.1', port: 65_535}],
  ])('reads %s', (text, authority) => {
    assert.deepEqual(parseAuthority(text), authority);
  });

  it.each([
    '',
    ' app.test',
    'app.test ',
    'app. test',
    'app.test\n',
    'app.test,b.test',
    'user@app.test',
    'user:secret@app.test',
    'app.test/path',
    'app.test?query',
    'app.test#fragment',
    'app.test:',
    'app.test:x',
    'app.test:80:80',
    'app.test:65536',
    'app.test:123456',
    'app.test:-1',
    'app.test:+80',
    'bücher.test',
    'app%2etest',
    'http://app.test',
    '::1',
    '[::1',
    '[::1]x',
    '[::1]:',
    '[::1%25lo]',
    '[]',
    '*.app.test',
  ])('refuses %j', text => {
    assert.equal(parseAuthority(text), undefined);
  });

  it('is read or refused, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({unit: 'binary', maxLength: 40}), text => {
        const authority = parseAuthority(text);
        if (authority) assert.match(authority.host, /^[a-z0-9.:-]+$/);
      }),
      {seed: SEED, numRuns: 1_500},
    );
  });
});

describe('the path of a request target', () => {
  it.each([
    ['/', '/'],
    ['/a/b', '/a/b'],
    ['/a?b=/../c', '/a'],
    ['/a#b', '/a'],
    ['/?', '/'],
    ['/%61dmin', '/admin'],
    ['/%7euser', '/~user'],
    ['/a%2fb', '/a%2Fb'],
    ['/%252e%252e/a', '/%252e%252e/a'],
    ['/x/../admin', '/admin'],
    ['/x/%2e%2E/admin', '/admin'],
    ['/x/%2e/admin', '/x/admin'],
    ['/..', '/'],
    ['/../../a', '/a'],
    ['/a/..', '/'],
    ['/a/.', '/a/'],
    ['/a/./b', '/a/b'],
    ['/.well-known/x', '/.well-known/x'],
    ['/...', '/...'],
    ['//a', '//a'],
    ['/a//b', '/a//b'],
    ['/a//../b', '/a/b'],
    ['/%', '/%'],
    ['/%zz', '/%zz'],
    ['*', '*'],
  ])('%s is routed as %s', (target, path) => {
    assert.equal(normalizePath(target), path);
  });

  it('is normalised once and for all, and never throws', () => {
    const piece = fc.constantFrom('/', '/', '.', '..', '%2e', '%2E', '%2f', '%25', '%61', 'a', 'B', '?', '#', '~');
    fc.assert(
      fc.property(fc.array(piece), fc.string(), (pieces, noise) => {
        const path = normalizePath(`/${pieces.join('')}`);
        assert.equal(normalizePath(path), path);
        assert.doesNotMatch(path, /\/\.\.?(?:\/|$)/);
        assert.equal(typeof normalizePath(noise), 'string');
      }),
      {seed: SEED, numRuns: 2_000},
    );
  });
});
