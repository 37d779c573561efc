import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {devRoutes} from '../../src/config/dev-routes.js';
import {renderRoute} from '../../src/proxy/route-syntax.js';
import {configOf, failure} from './support.js';

type Shown = {readonly primary: string; readonly routes: readonly string[]; readonly aliases: readonly string[]};

function shown(routes: readonly string[], zones?: readonly string[]): Shown {
  const config = configOf(`name = "shop"\n[envs.development]\nroutes = ${JSON.stringify(routes)}`);
  const result = devRoutes(config, zones);
  return {
    primary: result.primaryHost,
    routes: result.routes.filter(route => !route.isAlias).map(renderRoute),
    aliases: result.routes.filter(route => route.isAlias).map(renderRoute),
  };
}

describe('devRoutes', () => {
  it('is {name}.test, and the same under .localhost, when nothing is configured', () => {
    assert.deepEqual(shown([]), {primary: 'shop.test', routes: ['shop.test'], aliases: ['shop.localhost']});
  });

  it('is what is configured, when that has a host in a zone', () => {
    assert.deepEqual(shown(['store.test/api/*', '*.store.test']), {
      primary: 'store.test',
      routes: ['store.test/api/*', '*.store.test'],
      aliases: ['store.localhost/api/*', '*.store.localhost'],
    });
  });

  it('keeps the default in front of routes outside the zones', () => {
    assert.deepEqual(shown(['shop.local']), {
      primary: 'shop.test',
      routes: ['shop.test', 'shop.local'],
      aliases: ['shop.localhost'],
    });
  });

  it('keeps the default in front of wildcards alone, so that there is something to open', () => {
    assert.deepEqual(shown(['*.shop.test']).routes, ['shop.test', '*.shop.test']);
    assert.equal(shown(['*.shop.test']).primary, 'shop.test');
  });

  it('drops what is there twice, aliases too', () => {
    assert.deepEqual(shown(['a.test', 'A.test/', 'a.localhost']), {
      primary: 'a.test',
      routes: ['a.test', 'a.localhost'],
      aliases: [],
    });
  });

  it('takes the first zone for the default, and aliases only .test', () => {
    assert.deepEqual(shown(['x.acme.dev'], ['test', 'acme.dev']).routes, ['x.acme.dev']);
    assert.deepEqual(shown([], ['acme.dev']), {primary: 'shop.acme.dev', routes: ['shop.acme.dev'], aliases: []});
  });

  it("is {name}.tako.test where .test is another tool's, and the same under .localhost", () => {
    const zones = ['tako.test', 'dev.example.com'];
    assert.deepEqual(shown([], zones), {
      primary: 'shop.tako.test',
      routes: ['shop.tako.test'],
      aliases: ['shop.localhost'],
    });
    assert.deepEqual(shown(['store.test', '*.shop.tako.test'], zones), {
      primary: 'shop.tako.test',
      routes: ['shop.tako.test', 'store.test', '*.shop.tako.test'],
      aliases: ['shop.localhost', 'store.localhost', '*.shop.localhost'],
    });
  });

  it('shows the first host that is not a wildcard', () => {
    assert.equal(shown(['*.a.test', 'b.test', 'c.test']).primary, 'b.test');
  });

  it('refuses hosts outside the zones and names the command that adds them', async () => {
    const error = await failure(() => shown(['app.example.com', 'a.test', '*.acme.dev', 'www.example.com']));
    assert.equal(error.code, 'ROUTE_OUTSIDE_ZONES');
    assert.match(error.message, /app\.example\.com, \*\.acme\.dev, www\.example\.com$/);
    assert.equal(
      error.hint,
      'tako setup --zone app.example.com && tako setup --zone acme.dev && tako setup --zone www.example.com lets tako sign and answer for them',
    );
  });

  it("never proposes a zone that is everybody's", async () => {
    const error = await failure(() => shown(['shop.co.uk', 'ann.github.io', '*.ann.github.io', 'com', '10.0.0.1']));
    assert.equal(
      error.hint,
      'tako setup --zone shop.co.uk && tako setup --zone ann.github.io lets tako sign and answer for them; use a name under .test instead of com, 10.0.0.1',
    );
  });

  it('takes the host that a zone was added for', () => {
    assert.equal(shown(['shop.co.uk', '*.shop.co.uk'], ['test', 'shop.co.uk']).primary, 'shop.co.uk');
  });

  it('refuses addresses, which no zone can hold', async () => {
    const error = await failure(() => shown(['127.0.0.1']));
    assert.doesNotMatch(error.hint ?? '', /setup/);
  });

  it('takes localhost itself, but no name that only ends like a zone', async () => {
    assert.deepEqual(shown(['localhost']).routes, ['shop.test', 'localhost']);
    assert.equal((await failure(() => shown(['contest']))).code, 'ROUTE_OUTSIDE_ZONES');
  });
});
