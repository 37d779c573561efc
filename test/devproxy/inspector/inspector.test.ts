import assert from 'node:assert/strict';
import {once} from 'node:events';
import {request as openHttpRequest} from 'node:http';
import {request as openHttpsRequest} from 'node:https';
import {setTimeout as delay} from 'node:timers/promises';
import {gzipSync} from 'node:zlib';
import {describe, it} from 'vitest';
import {WebSocketServer} from 'ws';
import type {ExchangeSummary} from '../../../src/control/exchanges.js';
import {ActivationError} from '../../../src/proxy/cold-start.js';
import {eventually} from '../../helpers/eventually.js';
import {
  fetchHttp1,
  fetchHttp2,
  holdRefusingPort,
  http1Options,
  openHttp2,
  openTls,
  openWebSocket,
  readAll,
  startUpstream,
} from '../../proxy/harness.js';
import {detailOf, startInspected} from './support.js';

describe('what is kept of a request', () => {
  it('is what was asked and answered over HTTP/1.1', async () => {
    const upstream = await startUpstream((request, response) => {
      request.resume().on('end', () => {
        response.setHeader('Content-Type', 'application/json; charset=utf-8');
        response.setHeader('X-Twice', ['a', 'b']);
        response.statusCode = 201;
        response.end('{"id":7}');
      });
    });
    const {gateway, last} = await startInspected({upstream});
    const before = Date.now();
    await fetchHttp1(gateway, {
      method: 'POST',
      path: '/orders?page=2',
      body: '{"item":"cup"}',
      headers: {'X-Case': 'Kept'},
    });
    const {request, response, timing, time, ...rest} = await last();
    assert.deepEqual(rest, {
      id: 1,
      app: 'app',
      method: 'POST',
      url: 'https://app.test/orders?page=2',
      status: 201,
      outcome: 'answered',
      httpVersion: '1.1',
      contentType: 'application/json',
      bytesReceived: 14,
      bytesSent: 8,
      upgrade: null,
      replayOf: null,
      clientAddress: '127.0.0.1',
      frames: null,
      error: null,
    });
    assert.deepEqual(request.body, {encoding: 'utf8', data: '{"item":"cup"}', bytes: 14, isTruncated: false});
    assert.ok(request.fields.some(([name, value]) => name === 'X-Case' && value === 'Kept'));
    assert.equal(response?.reason, 'Created');
    assert.deepEqual(response.body, {encoding: 'utf8', data: '{"id":7}', bytes: 8, isTruncated: false});
    assert.deepEqual(
      response.fields.filter(([name]) => name === 'X-Twice'),
      [
        ['X-Twice', 'a'],
        ['X-Twice', 'b'],
      ],
    );
    assert.ok(time >= before && time <= Date.now());
    assert.equal(timing.coldStartMs, null);
    const {queueMs, firstByteMs, totalMs} = timing;
    assert.ok(queueMs !== null && firstByteMs !== null && totalMs !== null && totalMs >= queueMs + firstByteMs);
  });

  it('is the same over HTTP/2', async () => {
    const upstream = await startUpstream((_request, response) => response.end('two'));
    const {gateway, last} = await startInspected({upstream});
    await fetchHttp2(openHttp2(gateway), {':path': '/h2', ':method': 'PUT'}, 'body');
    const detail = await last();
    assert.equal(detail.httpVersion, '2');
    assert.equal(detail.url, `https://app.test/h2`);
    assert.equal(detail.request.body?.data, 'body');
    assert.equal(detail.response?.body?.data, 'two');
    assert.ok(detail.request.fields.every(([name]) => !name.startsWith(':')));
  });

  it('tells how long the app took to start, and that apart from what waited before', async () => {
    const upstream = await startUpstream((_request, response) => response.end());
    const {gateway, last} = await startInspected({activate: () => delay(120, upstream)});
    await fetchHttp1(gateway);
    const {coldStartMs, queueMs, totalMs} = (await last()).timing;
    assert.ok(coldStartMs !== null && coldStartMs >= 100);
    assert.ok(queueMs !== null && totalMs !== null && totalMs >= coldStartMs + queueMs);
  });

  it('tells why there was no answer of the app', async () => {
    const {gateway, inspector} = await startInspected({
      activate: async () => {
        throw new ActivationError('failed', 'APP_EXITED_EARLY', 'app exited with code 1 before it was ready');
      },
    });
    assert.equal((await fetchHttp1(gateway)).status, 502);
    const [failed] = inspector.list({}, 1);
    assert.ok(failed);
    const detail = detailOf(inspector, failed);
    assert.equal(detail.error, 'app exited with code 1 before it was ready');
    assert.equal(detail.status, 502);
    assert.ok(detail.timing.coldStartMs !== null);
    assert.equal(detail.timing.firstByteMs, null);
    assert.equal(inspector.traffic('app').errors, 1);
  });

  it('has the tries that failed in the time it waited', async () => {
    const {gateway, last} = await startInspected({upstream: {host: '127.0.0.1', port: holdRefusingPort()}});
    assert.equal((await fetchHttp1(gateway)).status, 502);
    assert.match((await last()).error ?? '', /nothing listens on/);
  });

  it('is there for what tako answers itself, where that is for an app', async () => {
    const {gateway, inspector} = await startInspected();
    const request = openHttpRequest({
      host: '127.0.0.1',
      port: gateway.http.port,
      headers: {host: 'app.test'},
      path: '/x',
    });
    const [response] = (await once(request.end(), 'response')) as [NodeJS.ReadableStream & {statusCode: number}];
    response.resume();
    assert.equal(response.statusCode, 308);
    await fetchHttp1(gateway, {headers: {host: 'nobody.app.test'}});
    const loop = Array.from({length: 10}, () => '1.1 tako').join(', ');
    assert.equal((await fetchHttp1(gateway, {headers: {via: loop}})).status, 508);
    assert.deepEqual(
      inspector.list({}, 9).map(({url, status}) => [url, status]),
      [
        ['http://app.test/x', 308],
        ['https://app.test/', 508],
      ],
    );
  });

  it('leaves out what pages ask tako itself', async () => {
    const upstream = await startUpstream((_request, response) => response.end());
    const {gateway, inspector} = await startInspected({upstream, documentScript: () => '/_tako/client.js'});
    assert.equal((await fetchHttp1(gateway, {path: '/_tako/client.js'})).status, 200);
    assert.deepEqual(inspector.list({}, 9), []);
    await fetchHttp1(gateway, {path: '/_tako/of-the-app'});
    assert.equal(inspector.list({}, 9).length, 1);
  });

  it('is listed while it is under way, and when the client leaves', async () => {
    const upstream = await startUpstream((_request, response) => void response.write('data: 1\n\n'));
    const {gateway, inspector, last} = await startInspected({upstream});
    const request = openHttpsRequest(http1Options(gateway, {path: '/events'}));
    request.on('error', () => undefined).end();
    const [response] = await once(request, 'response');
    await once(response, 'data');
    const [open] = inspector.list({}, 1);
    assert.equal(open?.outcome, null);
    assert.equal(open?.status, 200);
    assert.equal(open?.timing.totalMs, null);
    assert.equal(open && detailOf(inspector, open).response?.body?.data, 'data: 1\n\n');
    request.destroy();
    assert.equal((await last()).outcome, 'client-gone');
  });

  it('has no status before there is an answer', async () => {
    const {promise, resolve} = Promise.withResolvers<void>();
    const upstream = await startUpstream((_request, response) => void promise.then(() => response.end()));
    const {gateway, inspector, last} = await startInspected({upstream});
    const answered = fetchHttp1(gateway);
    await eventually(() => assert.equal(inspector.list({}, 1)[0]?.status, null));
    resolve();
    await answered;
    assert.equal((await last()).status, 200);
  });

  it('says when an answer broke off', async () => {
    const upstream = await startUpstream((_request, response) => {
      response.setHeader('content-length', 100);
      response.write('half', () => response.destroy());
    });
    const {gateway, inspector, last} = await startInspected({upstream});
    await assert.rejects(fetchHttp1(gateway));
    const detail = await last();
    assert.equal(detail.outcome, 'cut-off');
    assert.deepEqual(detail.response?.body, {encoding: 'utf8', data: 'half', bytes: 4, isTruncated: false});
    assert.equal(inspector.traffic('app').errors, 1);
  });

  it('counts the frames of a WebSocket in each direction', async () => {
    const upstream = await startUpstream(() => undefined);
    const sockets = new WebSocketServer({server: upstream.server});
    sockets.on('connection', socket =>
      socket.on('message', message => {
        socket.send(message.toString().toUpperCase());
        socket.send('again');
      }),
    );
    const {gateway, inspector, last} = await startInspected({upstream});
    const socket = openWebSocket(gateway);
    await once(socket, 'open');
    for (const text of ['one', 'x'.repeat(100_000), 'three']) socket.send(text);
    await eventually(() => {
      const [open] = inspector.list({}, 1);
      assert.ok(open);
      assert.equal(open.upgrade, 'websocket');
      assert.equal(open.status, 101);
      assert.deepEqual(detailOf(inspector, open).frames, {fromClient: 3, toClient: 6});
    });
    socket.close();
    const {outcome, frames} = await last();
    assert.equal(outcome, 'tunnelled');
    assert.deepEqual(frames, {fromClient: 4, toClient: 7});
    sockets.close();
  });

  it('keeps the beginning of large bodies, and says how large they were', async () => {
    const upstream = await startUpstream((request, response) => {
      request.resume().on('end', () => response.end(Buffer.alloc(1_000_000, 'b')));
    });
    const {gateway, last} = await startInspected({upstream});
    await fetchHttp1(gateway, {method: 'POST', body: Buffer.alloc(2_000_000, 'a')});
    const {request, response} = await last();
    assert.deepEqual(request.body, {
      encoding: 'utf8',
      data: 'a'.repeat(256 * 1024),
      bytes: 2_000_000,
      isTruncated: true,
    });
    assert.deepEqual(response?.body, {
      encoding: 'utf8',
      data: 'b'.repeat(16 * 1024),
      bytes: 1_000_000,
      isTruncated: true,
    });
  });

  it('shows a body as it was before its content coding', async () => {
    const upstream = await startUpstream((_request, response) => {
      response.setHeader('content-encoding', 'gzip');
      response.end(gzipSync('{"plain":true}'));
    });
    const {gateway, last} = await startInspected({upstream});
    await fetchHttp1(gateway);
    const body = (await last()).response?.body;
    assert.equal(body?.data, '{"plain":true}');
    assert.equal(body?.isTruncated, false);
  });

  it('is a body of bytes where it is no text', async () => {
    const upstream = await startUpstream((_request, response) => response.end(Buffer.of(0xff, 0x00, 0xfe)));
    const {gateway, last} = await startInspected({upstream});
    await fetchHttp1(gateway);
    assert.deepEqual((await last()).response?.body, {encoding: 'base64', data: '/wD+', bytes: 3, isTruncated: false});
  });

  it('is not there for what was no request', async () => {
    const {gateway, inspector} = await startInspected();
    const socket = await openTls(gateway);
    socket.write('GET / HTTP/1.1\r\nHost: app.test\r\nBad Header\r\n\r\n');
    assert.match(await readAll(socket), /^HTTP\/1\.1 400 /);
    assert.deepEqual(inspector.list({}, 9), []);
  });
});

describe('following', () => {
  it('tells what begins, is answered and ends, once for all that happens at once', async () => {
    const {promise, resolve} = Promise.withResolvers<void>();
    const upstream = await startUpstream((request, response) => {
      if (request.url === '/slow') void promise.then(() => response.end());
      else response.end();
    });
    const {gateway, inspector} = await startInspected({upstream});
    const seen: ExchangeSummary[] = [];
    const stop = inspector.subscribe(exchange => seen.push(exchange));
    const answered = fetchHttp1(gateway, {path: '/slow'});
    await eventually(() => assert.equal(seen[0]?.status, null));
    resolve();
    await answered;
    await eventually(() => assert.equal(seen.at(-1)?.outcome, 'answered'));
    assert.ok(seen.every(({id}) => id === 1));
    stop();
    const count = seen.length;
    await fetchHttp1(gateway);
    await new Promise(setImmediate);
    assert.equal(seen.length, count);
  });

  it('calls each listener for itself, also the same one twice', async () => {
    const upstream = await startUpstream((_request, response) => response.end());
    const {gateway, inspector} = await startInspected({upstream});
    let calls = 0;
    const count = (): void => void calls++;
    const stops = [inspector.subscribe(count), inspector.subscribe(count)];
    stops[0]?.();
    await fetchHttp1(gateway);
    await eventually(() => assert.ok(calls > 0));
    for (const stop of stops) stop();
  });
});

describe('asking for some', () => {
  it('finds them by app, status, method and part of the URL, the last of them, oldest first', async () => {
    const upstream = await startUpstream((request, response) => {
      response.statusCode = request.url === '/missing' ? 404 : 200;
      response.end();
    });
    const {gateway, inspector} = await startInspected({upstream});
    for (const path of ['/one', '/missing', '/two', '/three']) await fetchHttp1(gateway, {path});
    await fetchHttp1(gateway, {path: '/one', method: 'DELETE'});
    const ids = (query: Parameters<typeof inspector.list>[0], count = 9): number[] =>
      inspector.list(query, count).map(({id}) => id);
    assert.deepEqual(ids({}), [1, 2, 3, 4, 5]);
    assert.deepEqual(ids({}, 2), [4, 5]);
    assert.deepEqual(ids({app: 'other'}), []);
    assert.deepEqual(ids({app: 'app', status: '4xx'}), [2]);
    assert.deepEqual(ids({status: '404'}), [2]);
    assert.deepEqual(ids({status: '5XX'}), []);
    assert.deepEqual(ids({status: 'nonsense'}), []);
    assert.deepEqual(ids({method: 'delete'}), [5]);
    assert.deepEqual(ids({url: '/ONE'}), [1, 5]);
    assert.equal(inspector.find(99), undefined);
  });

  it('forgets the apps that are gone', async () => {
    const upstream = await startUpstream((_request, response) => response.end());
    const {gateway, inspector} = await startInspected({upstream});
    await fetchHttp1(gateway);
    inspector.retain(new Set(['app']));
    assert.equal(inspector.list({}, 9).length, 1);
    inspector.retain(new Set());
    assert.deepEqual(inspector.list({}, 9), []);
    assert.equal(inspector.traffic('app').requests, 0);
  });
});
