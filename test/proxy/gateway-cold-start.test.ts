import assert from 'node:assert/strict';
import {once} from 'node:events';
import {request as openHttpsRequest} from 'node:https';
import {describe, it} from 'vitest';
import {ActivationError} from '../../src/proxy/cold-start.js';
import type {Upstream} from '../../src/proxy/upstream.js';
import {TakoError} from '../../src/system/error.js';
import {
  fetchHttp1,
  fetchHttp2,
  HOST,
  holdRefusingPort,
  http1Options,
  openHttp2,
  openTls,
  readAll,
  startGateway,
  startRawUpstream,
  startUpstream,
  untilIdle,
} from './harness.js';

/** An app that is not running; its start ends when the test says so. */
function createIdleApp() {
  const {promise, resolve} = Promise.withResolvers<Upstream>();
  const asked = Promise.withResolvers<void>();
  const app = {
    activations: 0,
    asked: asked.promise,
    ready: undefined as Upstream | undefined,
    activate: (): Promise<Upstream> => {
      app.activations += 1;
      asked.resolve();
      return promise;
    },
    start(upstream: Upstream): void {
      app.ready = upstream;
      resolve(upstream);
    },
  };
  return app;
}

const greet = () => startUpstream((_, response) => response.end('hello'));

describe('the first request to an idle app', () => {
  it('starts it, as do not the hundreds that come at the same time over HTTP/1.1', async () => {
    const app = createIdleApp();
    const gateway = await startGateway({activate: app.activate, findUpstream: () => app.ready});
    const ask = 'GET / HTTP/1.1\r\nHost: app.test\r\n';
    // Two pipelined requests on each of 250 connections: handshakes are what takes time here.
    const answers = Array.from({length: 250}, async () => {
      const socket = await openTls(gateway);
      socket.write(`${ask}\r\n${ask}Connection: close\r\n\r\n`);
      return readAll(socket);
    });
    while (gateway.inFlight('app') < 250) await new Promise(resolve => setImmediate(resolve));
    app.start(await greet());
    for (const answer of await Promise.all(answers)) assert.equal(answer.match(/HTTP\/1\.1 200 OK/g)?.length, 2);
    assert.equal(app.activations, 1);
    await untilIdle(gateway);
  });

  it('starts it, as do not the thousand that come at the same time over HTTP/2', async () => {
    const app = createIdleApp();
    const gateway = await startGateway({activate: app.activate, findUpstream: () => app.ready});
    const sessions = Array.from({length: 10}, () => openHttp2(gateway));
    const answers = sessions.flatMap(session => Array.from({length: 100}, () => fetchHttp2(session)));
    while (gateway.inFlight('app') < 1_000) await new Promise(resolve => setImmediate(resolve));
    app.start(await greet());
    for (const {status, body} of await Promise.all(answers))
      assert.deepEqual({status, body}, {status: 200, body: 'hello'});
    assert.equal(app.activations, 1);
    await untilIdle(gateway);
  });

  it('keeps its body until the app is there', async () => {
    const app = createIdleApp();
    const gateway = await startGateway({activate: app.activate, findUpstream: () => app.ready});
    const http1 = fetchHttp1(gateway, {method: 'POST', body: 'x'.repeat(1_000_000)});
    const http2 = fetchHttp2(openHttp2(gateway), {':method': 'POST'}, 'x'.repeat(1_000_000));
    await app.asked;
    app.start(
      await startUpstream(async (request, response) => {
        let size = 0;
        for await (const chunk of request) size += chunk.length;
        response.end(String(size));
      }),
    );
    assert.equal((await http1).body, '1000000');
    assert.equal((await http2).body, '1000000');
  });

  it('starts it even if its client does not wait', async () => {
    const app = createIdleApp();
    const gateway = await startGateway({activate: app.activate, findUpstream: () => app.ready});
    const request = openHttpsRequest(http1Options(gateway));
    request.on('error', () => undefined);
    request.end();
    const stream = openHttp2(gateway).request({':path': '/', ':authority': HOST});
    while (gateway.inFlight('app') < 2) await new Promise(resolve => setImmediate(resolve));
    request.destroy();
    stream.close(8);
    await untilIdle(gateway);
    app.start(await greet());
    assert.equal((await fetchHttp1(gateway)).body, 'hello');
    assert.equal(app.activations, 1);
  });
});

describe('a start that fails', () => {
  it('is answered 502 with its reason and the last lines of the app, and tried again by the next request', async () => {
    let activations = 0;
    const gateway = await startGateway({
      activate: async () => {
        activations += 1;
        throw new TakoError('APP_EXITED', 'app exited with code 1', {hint: 'look here', details: ['Error: <boom>']});
      },
    });
    const html = await fetchHttp1(gateway, {headers: {accept: 'text/html'}});
    assert.equal(html.status, 502);
    assert.match(html.body, /<h1>app exited with code 1<\/h1>\s*<p class="hint">look here<\/p>/);
    assert.match(html.body, /<pre>Error: &#60;boom&#62;<\/pre>/);
    const json = await fetchHttp2(openHttp2(gateway), {accept: 'application/json'});
    assert.equal(json.status, 502);
    assert.equal(JSON.parse(json.body).error.code, 'APP_EXITED');
    for (const {headers} of [html, json]) {
      assert.equal(headers['retry-after'], '1');
      assert.equal(headers['cache-control'], 'no-store');
    }
    assert.equal(activations, 2);
    assert.equal(gateway.inFlight('app'), 0);
  });

  it.each([
    ['failed', 502],
    ['timed-out', 504],
    ['queue-full', 503],
  ] as const)('because it %s is answered %i', async (failure, status) => {
    const gateway = await startGateway({
      activate: async () => {
        throw new ActivationError(failure, 'SOME_CODE', 'some reason');
      },
    });
    const answer = await fetchHttp1(gateway, {method: 'POST', body: 'x'.repeat(100_000)});
    assert.equal(answer.status, status);
    assert.equal(answer.body, `${status} SOME_CODE: some reason\n`);
    assert.equal(answer.headers['retry-after'], '1');
    assert.equal(answer.headers['cache-control'], 'no-store');
  });

  it('to come in time is answered 504 at the deadline', async () => {
    const app = createIdleApp();
    const gateway = await startGateway({
      activate: app.activate,
      findUpstream: () => undefined,
      coldStartDeadlineMs: 20,
    });
    const answer = await fetchHttp1(gateway);
    assert.equal(answer.status, 504);
    assert.match(answer.body, /^504 APP_START_DEADLINE: app was not ready within 0\.02 s\n/);
    assert.equal(answer.headers['retry-after'], '1');
    assert.equal(gateway.inFlight('app'), 0);
  });

  it('by a bug is answered 500, and reported', async () => {
    const bugs: unknown[] = [];
    const bug = new TypeError('x is not a function');
    const gateway = await startGateway({activate: () => Promise.reject(bug), onBug: error => bugs.push(error)});
    assert.equal((await fetchHttp1(gateway)).status, 500);
    assert.deepEqual(bugs, [bug]);
    assert.equal(gateway.inFlight('app'), 0);
  });
});

describe('an app that is said to be ready', () => {
  it('but does not listen any more, is asked again until it is back, with the body too', async () => {
    const gone = {host: '127.0.0.1', port: holdRefusingPort()};
    const echo = await startUpstream((request, response) => void request.pipe(response));
    for (const method of ['GET', 'POST']) {
      let asked = 0;
      const gateway = await startGateway({
        findUpstream: () => {
          asked += 1;
          return asked < 3 ? gone : echo;
        },
      });
      const body = method === 'POST' ? 'x'.repeat(1_000_000) : '';
      const answer = await fetchHttp1(gateway, {method, body});
      assert.equal(answer.status, 200);
      assert.equal(answer.body, body);
      assert.equal(asked, 3);
    }
  });

  it('but does not listen, is answered 502 for, with its last lines', async () => {
    const gateway = await startGateway({
      upstream: {host: '127.0.0.1', port: holdRefusingPort()},
      lastLines: app => [`last line of ${app}`],
    });
    const session = openHttp2(gateway);
    const answers = await Promise.all([
      fetchHttp1(gateway),
      fetchHttp1(gateway, {method: 'POST', body: 'x'.repeat(1_000_000)}),
      fetchHttp2(session, {':method': 'POST'}, 'x'.repeat(1_000_000)),
    ]);
    for (const {status, headers, body} of answers) {
      assert.equal(status, 502);
      assert.equal(headers['cache-control'], 'no-store');
      assert.match(body, /^502 APP_UNREACHABLE: app: nothing listens on 127\.0\.0\.1:\d+\nlast line of app\n$/);
    }
    assert.equal(gateway.inFlight('app'), 0);
  });

  it('but is gone, is started when the gateway learns of it', async () => {
    const app = createIdleApp();
    app.ready = {host: '127.0.0.1', port: holdRefusingPort()};
    const gateway = await startGateway({
      activate: app.activate,
      findUpstream: () => {
        const {ready} = app;
        app.ready = undefined;
        return ready;
      },
    });
    const answer = fetchHttp1(gateway);
    await app.asked;
    app.start(await greet());
    assert.equal((await answer).body, 'hello');
  });

  it('but closes every connection without an answer, is answered 502 for, after one try', async () => {
    const upstream = await startRawUpstream(socket => socket.once('data', () => socket.resetAndDestroy()));
    const gateway = await startGateway({upstream});
    const answer = await fetchHttp1(gateway, {method: 'POST', body: 'once only'});
    assert.equal(answer.status, 502);
    assert.match(answer.body, /the app closed the connection without an answer/);
    assert.equal(upstream.connections(), 1);
  });

  it('but closes every connection without an answer, is tried twice more where that does no harm', async () => {
    const upstream = await startRawUpstream(socket => socket.once('data', () => socket.resetAndDestroy()));
    const gateway = await startGateway({upstream});
    assert.equal((await fetchHttp1(gateway)).status, 502);
    assert.equal(upstream.connections(), 3);
    assert.equal((await fetchHttp1(gateway, {method: 'PUT', body: 'a body on its way'})).status, 502);
    assert.equal(upstream.connections(), 4);
  });

  it('is no longer asked for a client that left between two tries', async () => {
    let asked = 0;
    const second = Promise.withResolvers<void>();
    const gone = {host: '127.0.0.1', port: holdRefusingPort()};
    const gateway = await startGateway({
      findUpstream: () => {
        asked += 1;
        if (asked === 2) second.resolve();
        return gone;
      },
    });
    const request = openHttpsRequest(http1Options(gateway));
    const failed = once(request, 'error');
    request.end();
    await second.promise;
    request.destroy(new Error('left'));
    await failed;
    await untilIdle(gateway);
    assert.ok(asked < 4, `asked ${asked} times`);
  });
});
