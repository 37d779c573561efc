import assert from 'node:assert/strict';
import fc from 'fast-check';
import {describe, it} from 'vitest';
import {normalizePath} from '../../src/proxy/route-syntax.js';
import {createRouteTable, findRouteConflicts, type Route} from '../../src/proxy/route-table.js';
import {route} from './harness.js';

/** `app.test/api/* -> api` for the route, or undefined. */
function matched(routes: readonly string[], host: string, target = '/'): string | undefined {
  const match = createRouteTable(routes.map(text => route(text, text))).match(host, target);
  return match?.app;
}

describe('a route table', () => {
  it('finds nothing when it is empty', () => {
    assert.equal(matched([], 'app.test'), undefined);
  });

  it('prefers the host itself to a wildcard', () => {
    assert.equal(matched(['*.test', 'app.test'], 'app.test'), 'app.test');
  });

  it('prefers the longer wildcard', () => {
    assert.equal(matched(['*.test', '*.app.test'], 'a.app.test'), '*.app.test');
    assert.equal(matched(['*.test', '*.app.test'], 'a.b.app.test'), '*.app.test');
    assert.equal(matched(['*.test', '*.app.test'], 'a.other.test'), '*.test');
  });

  it('does not take a wildcard for the name it stands on', () => {
    assert.equal(matched(['*.app.test'], 'app.test'), undefined);
    assert.equal(matched(['*.app.test'], 'myapp.test'), undefined);
  });

  it('prefers an exact path to a prefix and the longer prefix to the shorter', () => {
    const routes = ['app.test', 'app.test/api/*', 'app.test/api/v1/*', 'app.test/api/v1/users'];
    assert.equal(matched(routes, 'app.test', '/'), 'app.test');
    assert.equal(matched(routes, 'app.test', '/api'), 'app.test/api/*');
    assert.equal(matched(routes, 'app.test', '/api/v1'), 'app.test/api/v1/*');
    assert.equal(matched(routes, 'app.test', '/api/v1/users'), 'app.test/api/v1/users');
    assert.equal(matched(routes, 'app.test', '/api/v1/users/'), 'app.test/api/v1/users');
    assert.equal(matched(routes, 'app.test', '/api/v1/users/7'), 'app.test/api/v1/*');
    assert.equal(matched(routes, 'app.test', '/api/v2/users'), 'app.test/api/*');
  });

  it('ends a prefix at a segment', () => {
    const routes = ['app.test/api/*'];
    assert.equal(matched(routes, 'app.test', '/api'), 'app.test/api/*');
    assert.equal(matched(routes, 'app.test', '/api/'), 'app.test/api/*');
    assert.equal(matched(routes, 'app.test', '/apis'), undefined);
    assert.equal(matched(routes, 'app.test', '/'), undefined);
    assert.equal(matched(routes, 'app.test', '//api'), undefined);
  });

  it('goes on to a wildcard when no path of the host itself matches', () => {
    const routes = ['app.test/api/*', '*.test', '*.app.test/x'];
    assert.equal(matched(routes, 'app.test', '/home'), '*.test');
    assert.equal(matched(routes, 'a.app.test', '/y'), '*.test');
  });

  it('knows upper from lower case in paths', () => {
    assert.equal(matched(['app.test/Api'], 'app.test', '/api'), undefined);
  });

  it('sees through encodings and dot segments', () => {
    const routes = ['app.test', 'app.test/admin/*'];
    for (const target of ['/%61dmin/x', '/x/../admin', '/x/%2e%2e/admin/', '/admin?x=/..', '/admin/..%2f']) {
      assert.equal(matched(routes, 'app.test', target), 'app.test/admin/*', target);
    }
    assert.equal(matched(routes, 'app.test', '/admin/..'), 'app.test');
    assert.equal(matched(routes, 'app.test', '/x?/admin'), 'app.test');
  });

  it('serves OPTIONS * by the route of the whole host', () => {
    assert.equal(matched(['app.test', 'app.test/api/*'], 'app.test', '*'), 'app.test');
  });

  it('counts the first of two routes with the same pattern', () => {
    const table = createRouteTable([route('app.test', 'first'), route('app.test', 'second')]);
    assert.equal(table.match('app.test', '/')?.app, 'first');
  });

  it('lists its routes, most specific first', () => {
    const routes = ['*.test', 'app.test', '*.app.test', 'app.test/api/*', 'app.test/api'];
    assert.deepEqual(
      createRouteTable(routes.map(text => route(text, text))).routes.map(({app}) => app),
      ['app.test/api', 'app.test/api/*', 'app.test', '*.app.test', '*.test'],
    );
  });

  it('does not change with the array it was made of', () => {
    const routes = [route('app.test')];
    const table = createRouteTable(routes);
    routes.pop();
    assert.equal(table.match('app.test', '/')?.app, 'app');
  });
});

describe('route conflicts', () => {
  it('are patterns that two apps claim', () => {
    const one = route('app.test/api/*', 'one');
    const two = route('APP.test/%61pi/*', 'two');
    assert.deepEqual(findRouteConflicts([one, route('app.test', 'two'), two]), [{route: two, other: one}]);
  });

  it('are not patterns that overlap, nor one that an app names twice', () => {
    const routes = [route('*.test', 'a'), route('app.test', 'b'), route('app.test/x', 'c'), route('app.test', 'b')];
    assert.deepEqual(findRouteConflicts(routes), []);
  });
});

describe('a lookup', () => {
  const hosts = ['test', 'a.test', 'b.test', 'a.a.test', 'b.a.test', 'c.b.a.test'];
  const paths = ['/', '/a', '/b', '/a/b', '/a/b/c', '/ab', '/a//b'];
  const patterns = fc
    .tuple(fc.constantFrom(...hosts, ...hosts.map(host => `*.${host}`)), fc.constantFrom(...paths), fc.boolean())
    .map(([host, path, isPrefix]) => host + (isPrefix ? `${path}/*`.replace('//*', '/*') : path));
  const targets = fc
    .array(fc.constantFrom('/a', '/b', '/ab', '/c', '/', '/.', '/..', '/%61', '?a'), {maxLength: 5})
    .map(parts => `/${parts.join('').replace(/^\//, '')}`);

  it('answers as a search through all routes, the most specific first, would', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(patterns, {maxLength: 25}),
        fc.array(fc.tuple(fc.constantFrom(...hosts, 'other.test', 'x.c.b.a.test'), targets), {maxLength: 20}),
        (texts, requests) => {
          const routes = texts.map(text => route(text, text));
          const table = createRouteTable(routes);
          for (const [host, target] of requests) {
            assert.deepEqual(table.match(host, target), search(routes, host, target), `${host} ${target}`);
          }
        },
      ),
      {seed: 20_260_101, numRuns: 2_000},
    );
  });
});

/** What the table must answer, written for clarity only. */
function search(routes: readonly Route[], host: string, target: string): Route | undefined {
  const path = normalizePath(target);
  const matching = routes.filter(route => servesHost(route.host, host) && servesPath(route.path, path));
  return matching.toSorted((a, b) => compare(specificity(a), specificity(b)))[0];
}

const servesHost = (pattern: string, host: string): boolean =>
  pattern.startsWith('*.') ? host.endsWith(pattern.slice(1)) : pattern === host;

function servesPath(pattern: string, path: string): boolean {
  if (pattern === '/') return true;
  if (!pattern.endsWith('/*')) return path === pattern || path === `${pattern}/`;
  return path === pattern.slice(0, -2) || path.startsWith(pattern.slice(0, -1));
}

/** Smaller is more specific. */
const specificity = ({host, path}: Route): readonly number[] => [
  Number(host.startsWith('*.')),
  -host.length,
  Number(path === '/' || path.endsWith('/*')),
  -path.length,
];

function compare(a: readonly number[], b: readonly number[]): number {
  return a.map((value, index) => value - (b[index] ?? 0)).find(difference => difference !== 0) ?? 0;
}
