import assert from 'node:assert/strict';
import {once} from 'node:events';
import type {IncomingMessage} from 'node:http';
import {describe, it} from 'vitest';
import type {Gateway} from '../../src/proxy/gateway.js';
import {
  fetchHttp1,
  fetchHttp2,
  HOST,
  openHttp2,
  openTls,
  readAll,
  readHttp2,
  readUntil,
  route,
  startGateway,
  startRawUpstream,
  startUpstream,
  untilIdle,
} from './harness.js';

/** An app that answers with what it was sent, as JSON. */
const startEcho = () =>
  startUpstream((request, response) => {
    const {method, url, rawHeaders} = request;
    response.end(JSON.stringify({method, url, rawHeaders}));
  });

type Echo = {readonly method: string; readonly url: string; readonly rawHeaders: readonly string[]};

const parseEcho = (body: string): Echo => JSON.parse(body);

/** All values of a field, in order. */
function valuesOf(rawHeaders: readonly string[], name: string): string[] {
  return rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name);
}

/** Sends bytes on a TLS connection and returns all that comes back until it closes. */
async function exchangeBytes(gateway: Gateway, text: string): Promise<string> {
  const socket = await openTls(gateway);
  const answer = readAll(socket);
  socket.write(text, 'latin1');
  return answer;
}

describe('a request to an app', () => {
  it('arrives with method, target and Host as sent, over HTTP/1.1', async () => {
    const gateway = await startGateway({upstream: await startEcho()});
    const target = '/a/../b//%2F;x=1?q=%20+&&#'.slice(0, -1);
    const host = `App.Test.:${gateway.https.port}`;
    const echo = parseEcho((await fetchHttp1(gateway, {method: 'PROPFIND', path: target, headers: {host}})).body);
    assert.equal(echo.method, 'PROPFIND');
    assert.equal(echo.url, target);
    assert.deepEqual(valuesOf(echo.rawHeaders, 'host'), [host]);
  });

  it('arrives with method, target and :authority as sent, over HTTP/2', async () => {
    const gateway = await startGateway({upstream: await startEcho()});
    const headers = {':method': 'DELETE', ':path': '/x?y', ':authority': `app.test:${gateway.https.port}`, 'x-a': 'b'};
    const echo = parseEcho((await fetchHttp2(openHttp2(gateway), headers)).body);
    assert.equal(echo.method, 'DELETE');
    assert.equal(echo.url, '/x?y');
    assert.deepEqual(valuesOf(echo.rawHeaders, 'host'), [`app.test:${gateway.https.port}`]);
    assert.deepEqual(valuesOf(echo.rawHeaders, 'x-a'), ['b']);
    assert.equal(
      echo.rawHeaders.some(name => name.startsWith(':')),
      false,
    );
  });

  it('tells the app who asked, for what and how, whatever the client claims', async () => {
    const gateway = await startGateway({upstream: await startEcho()});
    const forged = {'x-forwarded-for': '6.6.6.6', forwarded: 'for=6.6.6.6', 'x-real-ip': '6.6.6.6'};
    const http1 = await fetchHttp1(gateway, {headers: {...forged, connection: 'x-forwarded-for, close'}});
    const http2 = await fetchHttp2(openHttp2(gateway), forged);
    for (const {body} of [http1, http2]) {
      const {rawHeaders} = parseEcho(body);
      assert.deepEqual(valuesOf(rawHeaders, 'x-forwarded-for'), ['127.0.0.1']);
      assert.deepEqual(valuesOf(rawHeaders, 'x-forwarded-proto'), ['https']);
      assert.deepEqual(valuesOf(rawHeaders, 'x-forwarded-host'), [HOST]);
      assert.deepEqual(valuesOf(rawHeaders, 'forwarded'), [`for=127.0.0.1;host="${HOST}";proto=https`]);
      assert.deepEqual(valuesOf(rawHeaders, 'x-real-ip'), []);
    }
  });

  it('keeps bytes beyond ASCII in header values', async () => {
    const gateway = await startGateway({upstream: await startEcho()});
    const value = Buffer.from('größe').toString('latin1');
    const http1 = await fetchHttp1(gateway, {headers: {'x-name': value}});
    assert.deepEqual(valuesOf(parseEcho(http1.body).rawHeaders, 'x-name'), [value]);
    const http2 = await fetchHttp2(openHttp2(gateway), {'x-name': value});
    assert.deepEqual(valuesOf(parseEcho(http2.body).rawHeaders, 'x-name'), [value]);
  });

  it('arrives with one Cookie even if HTTP/2 split it', async () => {
    const gateway = await startGateway({upstream: await startEcho()});
    const {body} = await fetchHttp2(openHttp2(gateway), {cookie: ['a=1', 'b=2', 'c=3']});
    assert.deepEqual(valuesOf(parseEcho(body).rawHeaders, 'cookie'), ['a=1; b=2; c=3']);
  });

  it('is routed by path as well as by host', async () => {
    const one = await startUpstream((_, response) => response.end('one'));
    const two = await startUpstream((_, response) => response.end('two'));
    const gateway = await startGateway({
      routes: [route(HOST, 'one'), route('app.test/api/*', 'two')],
      findUpstream: app => (app === 'one' ? one : two),
    });
    assert.equal((await fetchHttp1(gateway, {path: '/apis'})).body, 'one');
    assert.equal((await fetchHttp1(gateway, {path: '/x/%2e%2e/%61pi'})).body, 'two');
    assert.equal((await fetchHttp2(openHttp2(gateway), {':path': '/api/x'})).body, 'two');
  });

  it('reuses connections to the app', async () => {
    const upstream = await startEcho();
    let connections = 0;
    upstream.server.on('connection', () => {
      connections += 1;
    });
    const gateway = await startGateway({upstream});
    for (let index = 0; index < 5; index++) await fetchHttp1(gateway);
    assert.equal(connections, 1);
  });

  it('is sent again when a kept connection closed just then, unless it has a body', async () => {
    let requests = 0;
    // Answers the first request of a connection, and closes it on the second one's first bytes.
    const upstream = await startRawUpstream(socket => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
        socket.once('data', () => socket.destroy());
      });
      socket.on('data', () => {
        requests += 1;
      });
    });
    const gateway = await startGateway({upstream});
    assert.equal((await fetchHttp1(gateway)).status, 200);
    assert.equal((await fetchHttp1(gateway)).status, 200);
    assert.equal(requests, 3);
    assert.equal(upstream.connections(), 2);
    assert.equal((await fetchHttp1(gateway, {method: 'POST', body: 'x'})).status, 502);
    assert.equal(upstream.connections(), 2);
  });
});

describe('a request that is not valid', () => {
  it.each([
    ['no Host', 'GET / HTTP/1.1\r\n\r\n'],
    ['two Hosts', 'GET / HTTP/1.1\r\nHost: app.test\r\nHost: app.test\r\n\r\n'],
    ['an empty Host', 'GET / HTTP/1.1\r\nHost:\r\n\r\n'],
    ['a Host with userinfo', 'GET / HTTP/1.1\r\nHost: me@app.test\r\n\r\n'],
    ['a Host with a path', 'GET / HTTP/1.1\r\nHost: app.test/x\r\n\r\n'],
    ['a list of Hosts', 'GET / HTTP/1.1\r\nHost: app.test, b.test\r\n\r\n'],
    ['a Host in other letters', 'GET / HTTP/1.1\r\nHost: b\xfccher.test\r\n\r\n'],
    ['an absolute target of another host', 'GET https://api.test/ HTTP/1.1\r\nHost: app.test\r\n\r\n'],
    ['a fragment', 'GET /a#b HTTP/1.1\r\nHost: app.test\r\n\r\n'],
    ['a target that is no path', 'GET x HTTP/1.1\r\nHost: app.test\r\n\r\n'],
    ['* for another method than OPTIONS', 'GET * HTTP/1.1\r\nHost: app.test\r\n\r\n'],
    ['another version', 'GET / HTTP/2.0\r\nHost: app.test\r\n\r\n'],
    [
      'both kinds of framing',
      'POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['two lengths', 'POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx'],
    [
      'a Transfer-Encoding over HTTP/1.0',
      'POST / HTTP/1.0\r\nHost: app.test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    [
      'a compressed Transfer-Encoding',
      'POST / HTTP/1.1\r\nHost: app.test\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
    ],
    ['a header name with a space behind', 'GET / HTTP/1.1\r\nHost: app.test\r\nX : 1\r\n\r\n'],
    ['a folded header', 'GET / HTTP/1.1\r\nHost: app.test\r\nX: 1\r\n 2\r\n\r\n'],
    ['bare line feeds', 'GET / HTTP/1.1\nHost: app.test\n\n'],
  ])('with %s, is answered 400 and its connection closed, and the app hears nothing of it', async (_, text) => {
    const upstream = await startRawUpstream(socket => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'));
    const gateway = await startGateway({upstream});
    const answer = await exchangeBytes(gateway, `${text}GET /canary HTTP/1.1\r\nHost: app.test\r\n\r\n`);
    assert.match(answer, /^HTTP\/1\.1 400 Bad Request\r\n/);
    assert.equal(upstream.received().replace(/^GET \/canary[\s\S]*/, ''), '');
  });

  it('has a head of more than 64 KiB, and is refused', async () => {
    const gateway = await startGateway();
    const answer = await exchangeBytes(gateway, `GET / HTTP/1.1\r\nHost: app.test\r\nX: ${'x'.repeat(70_000)}\r\n\r\n`);
    // The close may overtake the answer, as the client is still sending.
    assert.match(answer, /^(?:HTTP\/1\.1 431 |$)/);
  });

  it('expects what nobody knows, and is answered 417', async () => {
    const gateway = await startGateway();
    assert.equal((await fetchHttp1(gateway, {headers: {expect: 'the-unexpected'}})).status, 417);
  });

  it('is not valid in the ways of HTTP/2, and is answered in kind', async () => {
    const gateway = await startGateway({upstream: await startEcho()});
    const session = openHttp2(gateway);
    assert.equal((await fetchHttp2(session, {host: 'other.test'})).status, 400);
    assert.equal((await fetchHttp2(session, {':path': '/a#b'})).status, 400);
    assert.equal((await fetchHttp2(session, {':path': '/\xff'})).status, 400);
    assert.equal((await fetchHttp2(session, {':authority': 'app.test:x'})).status, 400);
    assert.equal((await fetchHttp2(session, {host: HOST})).status, 200);
    const connect = session.request({':method': 'CONNECT', ':authority': HOST}, {endStream: true});
    assert.equal((await readHttp2(connect)).status, 405);
  });
});

describe('a request for a host or path without an app', () => {
  it('is answered 421 without a list under a name of the internet, which a page there may have pointed here', async () => {
    const gateway = await startGateway();
    const {status, body} = await fetchHttp1(gateway, {headers: {host: 'evil.example'}});
    assert.equal(status, 421);
    assert.doesNotMatch(body, /app\.test/);
  });

  it('is answered 421 with a list of the apps, in the form its client reads', async () => {
    const gateway = await startGateway({
      routes: [route(HOST), route('api.test/v1/*', 'api'), route('*.app.test', 'wild')],
      filters: [],
    });
    const links = [`https://api.test:${gateway.https.port}`, `https://app.test:${gateway.https.port}`];
    const ask = (accept: string) => fetchHttp1(gateway, {headers: {host: 'other.test', accept}});

    const html = await ask('text/html,*/*');
    assert.equal(html.status, 421);
    assert.match(html.headers['content-type'] ?? '', /^text\/html/);
    for (const link of links) assert.ok(html.body.includes(`<a href="${link}">${link}</a>`), link);

    const json = await ask('application/json');
    assert.equal(json.status, 421);
    assert.deepEqual(JSON.parse(json.body).error.links.toSorted(), links);

    const text = await ask('*/*');
    assert.equal(text.status, 421);
    assert.match(text.body, /^421 NO_SUCH_APP: no app is registered for other\.test\n/);
    for (const link of links) assert.ok(text.body.includes(`\n  ${link}\n`), link);

    const http2 = await fetchHttp2(openHttp2(gateway), {':authority': 'other.test'});
    assert.equal(http2.status, 421);
    assert.match(http2.body, /no app is registered for other\.test/);
    const path = await fetchHttp1(gateway, {headers: {host: 'api.test'}, path: '/v2'});
    assert.match(path.body, /no app is registered for api\.test at this path/);
  });

  it('may carry a body, and leaves its connection fit for the next request', async () => {
    const gateway = await startGateway({upstream: await startEcho()});
    const socket = await openTls(gateway);
    const body = 'x'.repeat(100_000);
    socket.write(`POST / HTTP/1.1\r\nHost: other.test\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    assert.match(await readUntil(socket, '\r\n\r\n'), /^HTTP\/1\.1 421 /);
    socket.write('GET /next HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n');
    assert.match(await readAll(socket), /"url":"\/next"/);
  });
});

describe('the routes of a gateway', () => {
  it('are swapped while it runs; requests under way keep theirs', async () => {
    const held: (() => void)[] = [];
    const one = await startUpstream((_, response) => held.push(() => response.end('one')));
    const two = await startUpstream((_, response) => response.end('two'));
    const gateway = await startGateway({
      routes: [route(HOST, 'one')],
      findUpstream: app => (app === 'one' ? one : two),
    });
    const slow = fetchHttp1(gateway);
    await once(one.server, 'request');
    gateway.setRoutes([route(HOST, 'two')]);
    assert.equal((await fetchHttp1(gateway)).body, 'two');
    assert.equal(gateway.inFlight('one'), 1);
    for (const finish of held) finish();
    assert.equal((await slow).body, 'one');
    await untilIdle(gateway, 'one');
    gateway.setRoutes([]);
    assert.equal((await fetchHttp1(gateway)).status, 421);
  });
});

describe('a filter', () => {
  it('comes before routes, on both ports and both versions', async () => {
    const gateway = await startGateway({
      filters: [
        session => {
          if (session.request.target !== '/_tako/filtered') return false;
          session.respond(200, {connection: 'close'}, `${session.client.isSecure} ${session.client.address}`);
          return true;
        },
      ],
    });
    const path = '/_tako/filtered';
    assert.equal((await fetchHttp1(gateway, {path, headers: {host: 'any.test'}})).body, 'true 127.0.0.1');
    const http2 = await fetchHttp2(openHttp2(gateway), {':path': path});
    assert.equal(http2.body, 'true 127.0.0.1');
    const plain = await fetch(`http://127.0.0.1:${gateway.http.port}${path}`);
    assert.equal(await plain.text(), 'false 127.0.0.1');
  });

  it('that throws costs its request only, and is reported', async () => {
    const bugs: unknown[] = [];
    const bug = new Error('in a filter');
    const gateway = await startGateway({
      upstream: await startEcho(),
      onBug: error => bugs.push(error),
      filters: [
        ({request}) => {
          if (request.target === '/bug') throw bug;
          return false;
        },
      ],
    });
    const answer = await fetchHttp1(gateway, {path: '/bug'});
    assert.equal(answer.status, 500);
    assert.doesNotMatch(answer.body, /filter/);
    assert.deepEqual(bugs, [bug]);
    assert.equal((await fetchHttp1(gateway)).status, 200);
  });
});

describe('an answer of an app', () => {
  it('keeps status, reason, header bytes and every Set-Cookie', async () => {
    const gateway = await startGateway({
      upstream: await startUpstream((_, response) => {
        response.writeHead(418, 'Short and Stout', [
          ...['Set-Cookie', 'a=1; Path=/', 'Set-Cookie', 'b=2, c', 'X-Name', Buffer.from('größe').toString('latin1')],
          ...['Connection', 'X-Mine', 'X-Mine', 'gone', 'Keep-Alive', 'timeout=77'],
        ]);
        response.end(Buffer.from('tea'));
      }),
    });
    const http1 = await fetchHttp1(gateway);
    assert.equal(http1.status, 418);
    const http2 = await fetchHttp2(openHttp2(gateway));
    assert.equal(http2.status, 418);
    for (const {headers, body} of [http1, http2]) {
      assert.deepEqual(headers['set-cookie'], ['a=1; Path=/', 'b=2, c']);
      assert.equal(headers['x-name'], Buffer.from('größe').toString('latin1'));
      assert.equal(headers['x-mine'], undefined);
      assert.equal(headers['keep-alive'] === 'timeout=77', false);
      assert.equal(body, 'tea');
    }
    const raw = await exchangeBytes(gateway, 'GET / HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n');
    assert.match(raw, /^HTTP\/1\.1 418 Short and Stout\r\n/);
  });

  it('may repeat a field that HTTP/2 expects once', async () => {
    const gateway = await startGateway({
      upstream: await startUpstream((_, response) => {
        response.writeHead(200, ['X-Content-Type-Options', 'nosniff', 'X-Content-Type-Options', 'nosniff']);
        response.end('ok');
      }),
    });
    assert.equal((await fetchHttp2(openHttp2(gateway))).body, 'ok');
  });

  it.each([
    ['HEAD', 200, {'content-length': '1000'}],
    ['GET', 204, {}],
    ['GET', 304, {etag: '"1"', 'content-length': '1000'}],
  ])('to %s with %i has no body, and its headers', async (method, status, headers) => {
    const gateway = await startGateway({
      upstream: await startUpstream((_, response) => {
        response.writeHead(status, headers);
        response.end();
      }),
    });
    const http1 = await fetchHttp1(gateway, {method});
    const http2 = await fetchHttp2(openHttp2(gateway), {':method': method});
    for (const answer of [http1, http2]) {
      assert.equal(answer.status, status);
      assert.equal(answer.body, '');
      for (const [name, value] of Object.entries(headers)) assert.equal(answer.headers[name], value);
    }
  });

  it('to HEAD that tako gives itself has no body either', async () => {
    const gateway = await startGateway();
    const http1 = await fetchHttp1(gateway, {method: 'HEAD', headers: {host: 'other.test'}});
    const http2 = await fetchHttp2(openHttp2(gateway), {':method': 'HEAD', ':authority': 'other.test'});
    for (const answer of [http1, http2]) {
      assert.equal(answer.status, 421);
      assert.ok(Number(answer.headers['content-length']) > 0);
      assert.equal(answer.body, '');
    }
  });

  it('passes its trailers on', async () => {
    const gateway = await startGateway({
      upstream: await startUpstream((_, response) => {
        response.writeHead(200, {trailer: 'x-checksum'});
        response.write('body');
        response.addTrailers({'x-checksum': '42'});
        response.end();
      }),
    });
    const http1 = await fetchHttp1(gateway);
    assert.equal(http1.body, 'body');
    assert.deepEqual({...http1.trailers}, {'x-checksum': '42'});
    const http2 = await fetchHttp2(openHttp2(gateway), {te: 'trailers'});
    assert.equal(http2.body, 'body');
    assert.equal(http2.trailers['x-checksum'], '42');
  });

  it('reaches an HTTP/1.0 client whole, without chunks, and ends the connection', async () => {
    const gateway = await startGateway({
      upstream: await startUpstream((_, response) => {
        response.write('one ');
        response.end('two');
      }),
    });
    const answer = await exchangeBytes(gateway, 'GET / HTTP/1.0\r\nHost: app.test\r\n\r\n');
    assert.match(answer, /^HTTP\/1\.1 200 OK\r\n/);
    assert.doesNotMatch(answer, /transfer-encoding/i);
    assert.ok(answer.endsWith('\r\n\r\none two'));
  });

  it('keeps the order of pipelined requests: the second waits for the first', async () => {
    const asked: string[] = [];
    const upstream = await startUpstream((request, response) => {
      asked.push(request.url ?? '');
      setImmediate(() => response.end(`answer to ${request.url}, ${asked.length} asked`));
    });
    const gateway = await startGateway({upstream});
    const socket = await openTls(gateway);
    const answer = readAll(socket);
    socket.write(
      'GET /1 HTTP/1.1\r\nHost: app.test\r\n\r\nGET /2 HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n',
    );
    assert.match(await answer, /answer to \/1, 1 asked[\s\S]*answer to \/2, 2 asked/);
  });

  it.each([
    ['a status beyond three digits', 'HTTP/1.1 1000 What\r\nContent-Length: 0\r\n\r\n'],
    ['a status below 100', 'HTTP/1.1 099 What\r\nContent-Length: 0\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx'],
    ['both kinds of framing', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['a compressed Transfer-Encoding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n'],
    ['no HTTP at all', '220 mail.test ESMTP\r\n'],
    ['nothing', ''],
    [
      'a switch of protocols nobody asked for',
      'HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    ],
  ])('that is %s, is answered 502 for', async (_, text) => {
    const upstream = await startRawUpstream(socket => socket.once('data', () => socket.end(text)));
    const gateway = await startGateway({upstream, lastLines: () => ['the last line']});
    const http1 = await fetchHttp1(gateway);
    const http2 = await fetchHttp2(openHttp2(gateway));
    for (const answer of [http1, http2]) {
      assert.equal(answer.status, 502);
      assert.match(answer.body, /^502 APP_UNREACHABLE: app: [\s\S]*\nthe last line\n$/);
      assert.equal(answer.headers['cache-control'], 'no-store');
    }
    await untilIdle(gateway);
  });

  it('with a status that is none is answered 502 for', async () => {
    const upstream = await startRawUpstream(socket =>
      socket.once('data', () => socket.end('HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n')),
    );
    const gateway = await startGateway({upstream});
    assert.equal((await fetchHttp1(gateway)).status, 502);
    assert.equal((await fetchHttp2(openHttp2(gateway))).status, 502);
  });
});

describe('interim answers of an app', () => {
  const LINK = '</style.css>; rel=preload; as=style';

  it('are early hints, and reach clients of both versions', async () => {
    const gateway = await startGateway({
      upstream: await startUpstream((_, response) => {
        response.writeEarlyHints({link: LINK, connection: 'x-hop', 'x-hop': 'no'});
        response.end('done');
      }),
    });
    const raw = await exchangeBytes(gateway, 'GET / HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n');
    assert.match(
      raw,
      /^HTTP\/1\.1 103 Early Hints\r\nLink: <\/style\.css>; rel=preload; as=style\r\n\r\nHTTP\/1\.1 200 OK/,
    );
    const http10 = await exchangeBytes(gateway, 'GET / HTTP/1.0\r\nHost: app.test\r\n\r\n');
    assert.match(http10, /^HTTP\/1\.1 200 OK/);
    const stream = openHttp2(gateway).request({':path': '/', ':authority': HOST});
    const [hints] = await once(stream, 'headers');
    assert.equal(hints[':status'], 103);
    assert.equal(hints.link, LINK);
    stream.resume();
    await once(stream, 'close');
  });

  it('that nobody asked for or that go on and on end with the answer', async () => {
    const interim = ['102 Processing\r\n', '103 Hints\r\nLink: nonsense\r\n', '103 Hints\r\n', '100 Continue\r\n'];
    const head = interim.map(text => `HTTP/1.1 ${text}\r\n`).join('');
    const upstream = await startRawUpstream(socket =>
      socket.on('data', () => socket.end(`${head}HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok`)),
    );
    const gateway = await startGateway({upstream});
    const raw = await exchangeBytes(gateway, 'GET / HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n');
    assert.match(
      raw,
      /^HTTP\/1\.1 102 Processing\r\n\r\n(?:HTTP\/1\.1 103 Hints\r\n(?:Link: nonsense\r\n)?\r\n){2}HTTP\/1\.1 200 OK\r\n/,
    );
    assert.equal((await fetchHttp2(openHttp2(gateway))).body, 'ok');
  });
});

describe('a client that expects 100-continue', () => {
  const HEAD = 'POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n';

  it('sends its body when the app says so, and not before', async () => {
    const upstream = await startUpstream(() => undefined);
    upstream.server.on('checkContinue', async (request: IncomingMessage, response) => {
      response.writeContinue();
      response.end(`got ${await readText(request)}`);
    });
    const gateway = await startGateway({upstream});
    const socket = await openTls(gateway);
    socket.write(HEAD);
    assert.equal(await readUntil(socket, '\r\n\r\n'), 'HTTP/1.1 100 Continue\r\n\r\n');
    socket.write('hello');
    assert.match(await readUntil(socket, 'hello'), /^HTTP\/1\.1 200 OK[\s\S]*got hello/);

    const stream = openHttp2(gateway).request({':method': 'POST', ':authority': HOST, expect: '100-continue'});
    await once(stream, 'continue');
    const [chunks] = await Promise.all([readText(stream), stream.end('world')]);
    assert.equal(chunks, 'got world');
  });

  it('is told what the app says instead, and the connection is not used again', async () => {
    const upstream = await startUpstream(() => undefined);
    upstream.server.on('checkContinue', (_, response) => {
      response.writeHead(413);
      response.end('too much');
    });
    const gateway = await startGateway({upstream});
    const answer = await exchangeBytes(gateway, HEAD);
    assert.match(answer, /^HTTP\/1\.1 413 [\s\S]*connection: close[\s\S]*too much/i);
    await untilIdle(gateway);
  });
});

async function readText(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
