import assert from 'node:assert/strict';
import {once} from 'node:events';
import type {IncomingHttpHeaders, OutgoingHttpHeaders} from 'node:http';
import {describe, it} from 'vitest';
import {WebSocketServer} from 'ws';
import type {Upstream} from '../../src/proxy/upstream.js';
import {fetchHttp1, fetchHttp2, HOST, openHttp2, openWebSocket, route, startGateway, startUpstream} from './harness.js';

const PRESENTED = 'app.localhost';

const startPresenting = (upstream: Upstream, host = HOST) =>
  startGateway({upstream, routes: [{...route(host), presentAs: PRESENTED}]});

/** An app that tells which headers it got. */
async function startMirror() {
  const gateway = await startPresenting(
    await startUpstream((request, response) => response.end(JSON.stringify(request.headers))),
  );
  const ask = async (headers: Record<string, string>): Promise<IncomingHttpHeaders> =>
    JSON.parse((await fetchHttp1(gateway, {headers})).body);
  return {gateway, ask};
}

/** What the client of an app with this answer reads; `{port}` stands for the app's own. */
async function answerOf(headers: (port: number) => OutgoingHttpHeaders, host = HOST) {
  let port = 0;
  const upstream = await startUpstream((_, response) => response.writeHead(200, headers(port)).end());
  port = upstream.port;
  const gateway = await startPresenting(upstream);
  return fetchHttp1(gateway, {headers: {host}});
}

describe('an app that is presented another host', () => {
  it('is asked for that one, and told which it was', async () => {
    const {ask, gateway} = await startMirror();
    const headers = await ask({host: 'app.test:8443', cookie: 'a=1'});
    assert.equal(headers.host, PRESENTED);
    assert.equal(headers['x-forwarded-host'], 'app.test:8443');
    assert.match(String(headers.forwarded), /host="app\.test:8443"/);
    assert.equal(headers.cookie, 'a=1');
    const other = JSON.parse((await fetchHttp2(openHttp2(gateway))).body);
    assert.equal(other.host, PRESENTED);
    assert.equal(other['x-forwarded-host'], HOST);
  });

  it.each([
    ['app.test', 'https://app.test', 'http://app.localhost'],
    ['app.test', 'https://APP.test:443', 'http://app.localhost'],
    ['app.test:8443', 'https://app.test:8443', 'http://app.localhost'],
    ['app.test', 'https://app.test:8443', undefined],
    ['app.test:8443', 'https://app.test', undefined],
    ['app.test', 'http://app.test', undefined],
    ['app.test', 'https://evil.example', undefined],
    ['app.test', 'https://app.test.evil.example', undefined],
    ['app.test', 'https://evil@app.test', undefined],
    ['app.test', 'null', undefined],
  ])('asked for %s reads the origin %s as its own, or leaves it as it is', async (host, origin, own = origin) => {
    const {ask} = await startMirror();
    const headers = await ask({host, origin, referer: `${origin}/page?q=https://app.test/`});
    assert.equal(headers.origin, own);
    assert.equal(headers.referer, `${own}/page?q=https://app.test/`);
  });

  it('is presented it for a part of its paths only, if it insists on it there', async () => {
    const mirror = await startUpstream((request, response) => response.end(JSON.stringify(request.headers)));
    const routes = [{...route(HOST), presentAs: PRESENTED, presentPaths: ['/_next/', '/__next']}];
    const gateway = await startGateway({upstream: mirror, routes});
    for (const [path, host] of [
      ['/_next/static/a.js', PRESENTED],
      ['/docs/_next/hmr?page=/', PRESENTED],
      ['/__next_frame', PRESENTED],
      ['/', HOST],
      ['/a?from=/_next/b', HOST],
    ] as const) {
      const {body} = await fetchHttp1(gateway, {path, headers: {origin: 'https://app.test'}});
      const headers = JSON.parse(body);
      assert.equal(headers.host, host, path);
      assert.equal(headers.origin, host === HOST ? 'https://app.test' : 'http://app.localhost', path);
    }
  });

  it.each([
    ['https://app.localhost/a?b#c', 'https://app.test/a?b#c'],
    ['http://app.localhost', 'https://app.test'],
    ['HTTPS://APP.localhost:443/', 'https://app.test/'],
    ['//app.localhost/a', 'https://app.test/a'],
    ['http://app.localhost:80?x', 'https://app.test?x'],
    ['/a?next=https://app.localhost/', '/a?next=https://app.localhost/'],
    ['https://app.localhost.evil.example/', 'https://app.localhost.evil.example/'],
    ['https://app.localhost:9/', 'https://app.localhost:9/'],
    ['https://user@app.localhost/', 'https://user@app.localhost/'],
    ['https://login.example/?to=https://app.localhost/', 'https://login.example/?to=https://app.localhost/'],
  ])('redirects to %s, which the client reads as %s', async (location, expected) => {
    const {headers} = await answerOf(() => ({location, 'content-location': location, refresh: `5; url=${location}`}));
    assert.equal(headers.location, expected);
    assert.equal(headers['content-location'], expected);
    assert.equal(headers.refresh, `5; url=${expected}`);
  });

  it('redirects to its own port, and the client stays on the one it used', async () => {
    const {headers} = await answerOf(port => ({location: `http://app.localhost:${port}/a`}), 'app.test:8443');
    assert.equal(headers.location, 'https://app.test:8443/a');
  });

  it.each([
    ['0;URL="https://app.localhost/a"', '0;URL="https://app.test/a"'],
    ['3', '3'],
    ['1, https://app.localhost/', '1, https://app.test/'],
  ])('refreshes with %s, read as %s', async (refresh, expected) => {
    assert.equal((await answerOf(() => ({refresh}))).headers.refresh, expected);
  });

  it('sets its cookies for the host the client used', async () => {
    const {headers} = await answerOf(
      () => ({
        'set-cookie': [
          'a=1; Domain=app.localhost; Path=/',
          'b=domain=app.localhost; Secure',
          'c=3; domain = .APP.localhost',
          'd=4; Domain=other.localhost; HttpOnly',
        ],
      }),
      'app.test:8443',
    );
    assert.deepEqual(headers['set-cookie'], [
      'a=1; Domain=app.test; Path=/',
      'b=domain=app.localhost; Secure',
      'c=3; domain = app.test',
      'd=4; Domain=other.localhost; HttpOnly',
    ]);
  });

  it('lets the origins in that it lets in', async () => {
    const own = await answerOf(() => ({'access-control-allow-origin': 'https://app.localhost'}));
    assert.equal(own.headers['access-control-allow-origin'], 'https://app.test');
    const any = await answerOf(() => ({'access-control-allow-origin': '*'}));
    assert.equal(any.headers['access-control-allow-origin'], '*');
  });

  it('links to itself where the client is', async () => {
    const link = '<https://app.localhost/a.css>; rel=preload; as=style, </b>; rel=x, <https://c.example/?<>; rel=y';
    const {headers} = await answerOf(() => ({link}));
    assert.equal(headers.link, link.replace('app.localhost', 'app.test'));
  });

  it('that is asked by its own name stays on the port of the client', async () => {
    const gateway = await startPresenting(
      await startUpstream((_, response) => response.writeHead(302, {location: 'http://app.localhost/a'}).end()),
      PRESENTED,
    );
    const {headers} = await fetchHttp1(gateway, {headers: {host: 'app.localhost:8443'}});
    assert.equal(headers.location, 'https://app.localhost:8443/a');
  });

  it('opens its WebSockets for its own pages, and sees who else asks', async () => {
    const upstream = await startUpstream((_, response) => response.end());
    const server = new WebSocketServer({server: upstream.server});
    server.on('connection', (socket, {headers}) => socket.send(`${headers.host} ${headers.origin}`));
    const gateway = await startPresenting(upstream);
    for (const [origin, seen] of [
      ['https://app.test', 'http://app.localhost'],
      ['https://evil.example', 'https://evil.example'],
    ] as const) {
      const [message] = await once(openWebSocket(gateway, {origin}), 'message');
      assert.equal(String(message), `${PRESENTED} ${seen}`);
    }
  });

  it('is no reason to change what others are asked and answer', async () => {
    const upstream = await startUpstream((request, response) =>
      response.writeHead(200, {location: 'https://app.localhost/', 'x-host': request.headers.host}).end(),
    );
    const gateway = await startGateway({
      upstream,
      routes: [{...route(HOST), presentAs: PRESENTED}, route('api.test', 'api')],
    });
    const {headers} = await fetchHttp1(gateway, {headers: {host: 'api.test'}});
    assert.equal(headers.location, 'https://app.localhost/');
    assert.equal(headers['x-host'], 'api.test');
  });
});
