// Who may have tako's own page: what other pages, other names and other machines get.

import assert from 'node:assert/strict';
import {request as openPlainRequest} from 'node:http';
import {describe, it} from 'vitest';
import {findRefusal} from '../../../src/devproxy/dashboard/access.js';
import {HeaderFields} from '../../../src/proxy/header-fields.js';
import {certificate, fetchHttp1, fetchHttp2, openHttp2, openWebSocket} from '../../proxy/harness.js';
import {eventsOf, exchangeOf, readToken, startPage} from './support.js';

/** What a browser says of a request that a page of another site makes. */
const CROSS_SITE = {'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'empty'};

describe('the page for its own browser', () => {
  it('is there under both names, with the port and without', async () => {
    const {gateway, get} = await startPage();
    const {port} = gateway.https;
    for (const host of ['tako.test', 'tako.localhost', `tako.test:${port}`, `TAKO.test:${port}`, 'tako.test:443']) {
      const answer = await get('/', {host});
      assert.equal(answer.status, 200, host);
      assert.match(answer.body, /<h1>Apps<\/h1>/);
    }
  });

  it('is there over HTTP/2', async () => {
    const {gateway, host} = await startPage();
    const answer = await fetchHttp2(openHttp2(gateway), {':authority': host});
    assert.equal(answer.status, 200);
  });

  it('keeps other origins from reading, framing, embedding and opening it, and runs no script but its own', async () => {
    const {get} = await startPage();
    for (const target of ['/', '/page.js', '/page.css', '/apps/web', '/nowhere']) {
      const {headers} = await get(target);
      assert.equal(headers['cross-origin-resource-policy'], 'same-origin', target);
      assert.equal(headers['cross-origin-opener-policy'], 'same-origin');
      assert.equal(headers['x-frame-options'], 'DENY');
      assert.equal(headers['x-content-type-options'], 'nosniff');
      assert.equal(headers['cache-control'], 'no-store');
      assert.equal(headers['access-control-allow-origin'], undefined);
      const policy = String(headers['content-security-policy']);
      assert.match(policy, /default-src 'none'/);
      assert.match(policy, /frame-ancestors 'none'/);
      assert.doesNotMatch(policy, /unsafe|https?:|\*/);
    }
  });

  it('has neither script nor style in it', async () => {
    const {get, inspector} = await startPage();
    inspector.add(exchangeOf(1));
    for (const target of ['/', '/apps/web', '/requests/1']) {
      const {body} = await get(target);
      assert.doesNotMatch(body, /<script(?![^>]* src="\/page\.js")|<style|\sstyle=|\son\w+=|javascript:/i);
    }
  });

  it('is led to from plain HTTP', async () => {
    const {gateway} = await startPage();
    const location = await new Promise((resolve, reject) => {
      const options = {port: gateway.http.port, path: '/apps/web', headers: {host: 'tako.test'}};
      openPlainRequest(options, answer => resolve(answer.resume().headers.location))
        .on('error', reject)
        .end();
    });
    assert.equal(location, `https://tako.test:${gateway.https.port}/apps/web`);
  });

  it('can be gone to by a link on another page', async () => {
    const {get} = await startPage();
    const link = {'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document'};
    assert.equal((await get('/apps/web', link)).status, 200);
  });
});

describe('another name that was pointed here (DNS rebinding)', () => {
  it('never gets the page, whatever port or form it has', async () => {
    const {gateway, get} = await startPage();
    const {port} = gateway.https;
    const hosts = ['evil.example', `evil.example:${port}`, 'tako.test.evil.example', 'x.tako.test', 'tako.example'];
    for (const host of [...hosts, '127.0.0.1', `[::1]:${port}`, 'localhost', 'takoXtest']) {
      const answer = await get('/', {host});
      assert.equal(answer.status, 421, host);
      assert.doesNotMatch(answer.body, /web/, host);
      assert.equal(answer.headers['set-cookie'], undefined);
    }
  });

  it('gets nothing done with the token of a page either', async () => {
    const {post, apps} = await startPage();
    for (const host of ['evil.example', 'x.tako.test']) {
      assert.equal((await post('/apps/web/restart', {}, {host, origin: `https://${host}`})).status, 421);
    }
    assert.deepEqual(apps.asked, []);
  });

  it('is refused at a port that is not tako’s', async () => {
    const {get, post, apps} = await startPage();
    assert.equal((await get('/', {host: 'tako.test:8443'})).status, 421);
    const elsewhere = {host: 'tako.test:8443', origin: 'https://tako.test:8443'};
    assert.equal((await post('/apps/web/restart', {}, elsewhere)).status, 421);
    assert.deepEqual(apps.asked, []);
  });
});

describe('a page of another origin', () => {
  it('may not fetch, include, frame or follow it, from another site or a neighbour', async () => {
    const {get, inspector} = await startPage();
    inspector.add(exchangeOf(1));
    const events = eventsOf(await get('/'));
    const ways = [
      CROSS_SITE,
      {...CROSS_SITE, 'sec-fetch-mode': 'cors'},
      {...CROSS_SITE, 'sec-fetch-dest': 'script'},
      {'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe'},
      {'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty'},
      {origin: 'https://evil.test'},
      {origin: 'null'},
      {origin: 'https://tako.localhost'},
    ];
    for (const headers of ways) {
      for (const target of ['/', '/page.js', '/apps/web', '/requests/1', events]) {
        const answer = await get(target, headers);
        assert.equal(answer.status, 403, JSON.stringify([target, headers]));
        assert.doesNotMatch(answer.body, /web|EventSource/);
      }
    }
  });

  it('cannot post a form, with or without the cookie, also with a stolen token', async () => {
    const {post, apps, host} = await startPage();
    const refused = [
      {origin: 'https://evil.test'},
      {origin: 'null'},
      {origin: 'https://x.tako.test', 'sec-fetch-site': 'same-site'},
      {origin: `http://${host}`},
      {origin: `https://${host}`, ...CROSS_SITE},
    ];
    for (const headers of refused) {
      assert.equal((await post('/apps/web/stop', {}, headers)).status, 403, JSON.stringify(headers));
    }
    assert.deepEqual(apps.asked, []);
  });

  it('cannot act by a link: what is read changes nothing', async () => {
    const {get, apps, inspector} = await startPage();
    inspector.add(exchangeOf(1));
    for (const target of ['/apps/web/restart', '/apps/web/stop', '/requests/1/replay']) {
      assert.equal((await get(target)).status, 405);
    }
    assert.deepEqual([apps.asked, inspector.replays], [[], []]);
  });

  it('cannot open a WebSocket', async () => {
    const {gateway, host} = await startPage();
    const socket = openWebSocket(gateway, {host, origin: 'https://evil.test'});
    socket.on('error', () => undefined);
    const [, response] = await new Promise<[unknown, {statusCode?: number}]>(resolve =>
      socket.once('unexpected-response', (...answer) => resolve(answer as never)),
    );
    assert.equal(response.statusCode, 405);
  });
});

describe('an action', () => {
  it('is done for a page of this daemon', async () => {
    const {post, apps} = await startPage();
    const answer = await post('/apps/web/restart');
    assert.equal(answer.status, 303);
    assert.equal(answer.headers.location, '/apps/web');
    assert.deepEqual(apps.asked, ['restart web']);
  });

  it('needs the token, the cookie, and an origin', async () => {
    const {get, post, gateway, host, apps} = await startPage();
    const {cookie, token} = readToken(await get('/'));
    assert.ok(cookie.startsWith('__Host-tako='));
    assert.ok(token.length >= 32);
    assert.equal((await post('/apps/web/restart', {token: ''})).status, 403);
    assert.equal((await post('/apps/web/restart', {token: `${token}x`})).status, 403);
    assert.equal((await post('/apps/web/restart', {}, {cookie: 'other=1'})).status, 403);
    assert.equal((await post('/apps/web/restart', {}, {cookie: '__Host-tako='})).status, 403);
    const body = `token=${token}`;
    const silent = await fetchHttp1(gateway, {
      method: 'POST',
      path: '/apps/web/restart',
      body,
      headers: {host, cookie},
    });
    assert.equal(silent.status, 403);
    assert.deepEqual(apps.asked, []);
  });

  it('has a cookie that no other host can set or send along', async () => {
    const {get} = await startPage();
    const [cookie = ''] = (await get('/')).headers['set-cookie'] ?? [];
    assert.match(cookie, /^__Host-tako=[\w-]{32}; Path=\/; Secure; HttpOnly; SameSite=Strict$/);
  });

  it('is refused for a page that another daemon made', async () => {
    const [one, other] = [await startPage(), await startPage()];
    const {cookie, token} = readToken(await one.get('/'));
    assert.equal((await other.post('/apps/web/stop', {token}, {cookie})).status, 403);
    assert.deepEqual(other.apps.asked, []);
  });

  it('is not a body without end', async () => {
    const {post, apps} = await startPage();
    assert.equal((await post('/apps/web/restart', {body: 'x'.repeat(1_100_000)})).status, 413);
    assert.deepEqual(apps.asked, []);
  });
});

describe('another way in, as apps on the network have one', () => {
  it('does not lead to the page, also for a client that looks like one of this machine', async () => {
    const {gateway, host} = await startPage();
    const entrance = await gateway.openEntrance({
      hosts: ['127.0.0.1'],
      httpsPorts: [0],
      httpPorts: [0],
      certificates: {certificateFor: async () => certificate},
      defaultServerName: 'app.test',
      filters: [],
      isWelcome: () => true,
    });
    const {port} = entrance.https;
    for (const name of ['tako.test', 'tako.localhost', host, `tako.test:${port}`, 'tako.local']) {
      const answer = await fetchHttp1(gateway, {port, headers: {host: name}});
      assert.equal(answer.status, 421, name);
      assert.equal(answer.headers['set-cookie'], undefined);
    }
  });
});

describe('a client that is not on this machine', () => {
  const clientAt = (address: string, proxy?: {address: string; host: undefined}) => ({
    client: {address, port: 50_000, isSecure: true, httpVersion: '1.1' as const, tls: undefined, proxy},
    request: {method: 'GET', target: '/', host: 'tako.test', fields: new HeaderFields()},
    upgrade: undefined,
  });

  it('is refused, whatever it says of itself', () => {
    for (const address of ['192.168.1.20', '10.0.0.1', 'fe80::1', '2001:db8::1', '0.0.0.0', '']) {
      assert.equal(findRefusal(clientAt(address), 443)?.status, 403, address);
    }
    const behindProxy = clientAt('127.0.0.1', {address: '127.0.0.1', host: undefined});
    assert.equal(findRefusal(behindProxy, 443)?.status, 403);
  });

  it('is told from one that is', () => {
    for (const address of ['127.0.0.1', '127.9.8.7', '::1'])
      assert.equal(findRefusal(clientAt(address), 443), undefined);
  });
});
