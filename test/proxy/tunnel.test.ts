import assert from 'node:assert/strict';
import {once} from 'node:events';
import type {Socket} from 'node:net';
import {describe, it} from 'vitest';
import {WebSocketServer} from 'ws';
import type {Upstream} from '../../src/proxy/upstream.js';
import {
  fetchHttp1,
  HOST,
  holdRefusingPort,
  openTls,
  openWebSocket,
  readAll,
  readUntil,
  startGateway,
  startRawUpstream,
  startUpstream,
  untilIdle,
} from './harness.js';

const UPGRADE = [
  'GET /socket HTTP/1.1',
  'Host: app.test',
  'Connection: keep-alive, Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  '\r\n',
].join('\r\n');

const SWITCHING =
  'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\nX-Name: gr\xf6\xdfe\r\n\r\n';

/** An app that echoes messages. `server` sees the connections. */
async function startEcho() {
  const upstream = await startUpstream((_, response) => response.end('plain'));
  const server = new WebSocketServer({server: upstream.server});
  server.on('connection', socket => socket.on('message', (data, isBinary) => socket.send(data, {binary: isBinary})));
  return {...upstream, webSockets: server};
}

/** The app's side of a raw tunnel: answers 101 and hands the socket over. */
async function startTunnelApp(): Promise<{upstream: Upstream; received(): string; socket: Promise<Socket>}> {
  const {promise, resolve} = Promise.withResolvers<Socket>();
  const upstream = await startRawUpstream(socket =>
    socket.once('data', () => {
      socket.write(SWITCHING, 'latin1');
      resolve(socket);
    }),
  );
  return {upstream, received: upstream.received, socket: promise};
}

describe('a WebSocket', () => {
  it('carries messages of every size both ways', async () => {
    const gateway = await startGateway({upstream: await startEcho()});
    const socket = openWebSocket(gateway);
    await once(socket, 'open');
    assert.equal(gateway.inFlight('app'), 1);
    for (const size of [0, 1, 125, 126, 65_536, 2 ** 20, 8 * 2 ** 20]) {
      const message = Buffer.alloc(size, size & 0xff);
      socket.send(message);
      const [echo] = await once(socket, 'message');
      assert.ok(message.equals(echo), `${size} bytes`);
    }
    socket.close();
    await once(socket, 'close');
    await untilIdle(gateway);
  });

  it('brings its headers, its protocols and who asks for it', async () => {
    const echo = await startEcho();
    const gateway = await startGateway({upstream: echo});
    const connected = once(echo.webSockets, 'connection');
    const socket = openWebSocket(gateway, {host: HOST, origin: 'https://app.test', 'x-forwarded-for': '6.6.6.6'});
    const [, {url, headers}] = await connected;
    await once(socket, 'open');
    assert.equal(socket.protocol, 'chat');
    assert.equal(url, '/socket?x=1');
    assert.equal(headers.host, HOST);
    assert.equal(headers.origin, 'https://app.test');
    assert.equal(headers['x-forwarded-for'], '127.0.0.1');
    assert.equal(headers['x-forwarded-proto'], 'https');
    assert.equal(headers['sec-websocket-protocol'], 'chat');
  });

  it('closes with the code and reason of either side', async () => {
    const echo = await startEcho();
    const gateway = await startGateway({upstream: echo});
    for (const closer of ['client', 'app']) {
      const connected = once(echo.webSockets, 'connection');
      const client = openWebSocket(gateway);
      const [app] = await connected;
      await once(client, 'open');
      const [first, second] = closer === 'client' ? [client, app] : [app, client];
      first.close(4_321, 'enough');
      const [code, reason] = await once(second, 'close');
      assert.equal(code, 4_321);
      assert.equal(String(reason), 'enough');
      await untilIdle(gateway);
    }
  });

  it('ends for one side when the other is cut off', async () => {
    const echo = await startEcho();
    const gateway = await startGateway({upstream: echo});
    for (const leaver of ['client', 'app']) {
      const connected = once(echo.webSockets, 'connection');
      const client = openWebSocket(gateway);
      const [app] = await connected;
      await once(client, 'open');
      const [first, second] = leaver === 'client' ? [client, app] : [app, client];
      first.terminate();
      assert.equal((await once(second, 'close'))[0], 1_006);
      await untilIdle(gateway);
    }
  });

  it('wakes an idle app', async () => {
    const echo = await startEcho();
    let activations = 0;
    const gateway = await startGateway({
      activate: async () => {
        activations += 1;
        return echo;
      },
    });
    const socket = openWebSocket(gateway);
    await once(socket, 'open');
    socket.send('hello');
    assert.equal(String((await once(socket, 'message'))[0]), 'hello');
    assert.equal(activations, 1);
  });

  it('that the app refuses gets the answer of the app', async () => {
    const upstream = await startUpstream(() => undefined);
    upstream.server.on('upgrade', (_, socket) => {
      socket.end('HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\nContent-Length: 9\r\n\r\nwho, you?');
    });
    const gateway = await startGateway({upstream});
    const socket = await openTls(gateway);
    const answer = readAll(socket);
    socket.write(`${UPGRADE}early bytes that are no request`);
    assert.match(await answer, /^HTTP\/1\.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\n[\s\S]*\r\n\r\nwho, you\?$/);
    await untilIdle(gateway);
  });

  it('to an app that knows none gets its ordinary answer', async () => {
    const gateway = await startGateway({upstream: await startUpstream((_, response) => response.end('plain'))});
    const socket = await openTls(gateway);
    const answer = readAll(socket);
    socket.write(UPGRADE);
    assert.match(await answer, /^HTTP\/1\.1 200 OK[\s\S]*plain/);
    await untilIdle(gateway);
  });

  it('to an app that cannot be reached is answered 502', async () => {
    const gateway = await startGateway({upstream: {host: '127.0.0.1', port: holdRefusingPort()}});
    const socket = openWebSocket(gateway);
    const [error] = await once(socket, 'error');
    assert.match(error.message, /502/);
    await untilIdle(gateway);
  });

  it('to a host without an app is answered 421', async () => {
    const gateway = await startGateway();
    const socket = openWebSocket(gateway, {host: 'other.test'});
    const [error] = await once(socket, 'error');
    assert.match(error.message, /421/);
  });
});

describe('a tunnel', () => {
  it('holds what the client sends early until the app has switched', async () => {
    const {promise, resolve} = Promise.withResolvers<Socket>();
    const upstream = await startRawUpstream(socket => socket.once('data', () => resolve(socket)));
    const gateway = await startGateway({upstream});
    const client = await openTls(gateway);
    client.write(`${UPGRADE}GET /smuggled HTTP/1.1\r\n\r\n`);
    const app = await promise;
    client.write(' and more');
    // An ordinary request overtakes; if the early bytes were to be forwarded, they would have been by now.
    await fetchHttp1(gateway, {headers: {host: 'other.test'}});
    assert.match(upstream.received(), /^GET \/socket [\s\S]*\r\n\r\n$/);
    assert.doesNotMatch(upstream.received(), /smuggled/);
    app.write(SWITCHING, 'latin1');
    await readUntil(client, '\r\n\r\n');
    while (!upstream.received().endsWith(' and more')) await once(app, 'data');
    assert.ok(upstream.received().endsWith('\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n and more'));
  });

  it('passes on the head of the app as it is, and what came right behind it', async () => {
    const upstream = await startRawUpstream(socket =>
      socket.once('data', () => socket.write(`${SWITCHING}first words`, 'latin1')),
    );
    const gateway = await startGateway({upstream});
    const client = await openTls(gateway);
    client.write(UPGRADE);
    assert.equal(await readUntil(client, 'first words'), `${SWITCHING}first words`);
  });

  it('carries an end as an end: the other direction goes on', async () => {
    const {upstream, socket, received} = await startTunnelApp();
    const gateway = await startGateway({upstream});
    const client = await openTls(gateway);
    client.allowHalfOpen = true;
    client.write(UPGRADE);
    await readUntil(client, '\r\n\r\n');
    const app = await socket;
    app.allowHalfOpen = true;
    client.end('last words');
    await once(app, 'end');
    assert.ok(received().endsWith('last words'));
    assert.equal(gateway.inFlight('app'), 1);
    app.end('famous last words');
    assert.equal(await readAll(client), 'famous last words');
    await untilIdle(gateway);
  });

  it('ends when either side is reset', async () => {
    for (const side of ['client', 'app']) {
      const {upstream, socket} = await startTunnelApp();
      const gateway = await startGateway({upstream});
      const client = await openTls(gateway);
      client.write(UPGRADE);
      await readUntil(client, '\r\n\r\n');
      const app = await socket;
      const other = side === 'client' ? app : client;
      const closed = once(other, 'close');
      other.resume();
      if (side === 'client') client.destroy();
      else app.resetAndDestroy();
      await closed;
      await untilIdle(gateway);
    }
  });

  it('is not opened for a client that left before the app switched', async () => {
    const {promise, resolve} = Promise.withResolvers<Socket>();
    const upstream = await startRawUpstream(socket => socket.once('data', () => resolve(socket)));
    const gateway = await startGateway({upstream});
    const client = await openTls(gateway);
    client.write(UPGRADE);
    const app = await promise;
    client.destroy();
    app.write(SWITCHING, 'latin1');
    app.resume();
    while (!app.closed) await new Promise(resolve => setImmediate(resolve));
    await untilIdle(gateway);
  });

  it('does not read faster than the other side takes it', async () => {
    const {upstream, socket} = await startTunnelApp();
    const gateway = await startGateway({upstream});
    const client = await openTls(gateway);
    client.write(UPGRADE);
    await readUntil(client, '\r\n\r\n');
    const app = await socket;
    const chunk = Buffer.alloc(65_536);
    const limit = 50 * 2 ** 20;
    let sent = 0;
    let isDrained = true;
    // The client is paused: the app writes until nothing drains any more.
    for (let turn = 0; turn < 2_000 && sent < limit; turn++) {
      if (isDrained) {
        sent += chunk.length;
        isDrained = app.write(chunk);
        if (!isDrained) {
          app.once('drain', () => {
            isDrained = true;
          });
        }
      }
      await new Promise(resolve => setImmediate(resolve));
    }
    assert.ok(sent < limit / 2, `${sent} bytes were read although nobody took them`);
  });

  it('is not opened by an app that switches to something else', async () => {
    for (const upgrade of ['Upgrade: h2c\r\n', '']) {
      const upstream = await startRawUpstream(socket =>
        socket.once('data', () => socket.write(`HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\n${upgrade}\r\n`)),
      );
      const gateway = await startGateway({upstream});
      const client = await openTls(gateway);
      const answer = readAll(client);
      client.write(UPGRADE);
      assert.match(await answer, /^HTTP\/1\.1 502 /);
      await untilIdle(gateway);
    }
  });
});

describe('a request to upgrade', () => {
  it.each([
    ['to another protocol', UPGRADE.replace('websocket', 'h2c')],
    ['with a choice of protocols', UPGRADE.replace('websocket', 'websocket, h2c')],
    ['with another method', UPGRADE.replace('GET', 'POST').replace('\r\n\r\n', '\r\nContent-Length: 0\r\n\r\n')],
    ['that waits for 100', UPGRADE.replace('websocket', 'h2c').replace('\r\n\r\n', '\r\nExpect: 100-continue\r\n\r\n')],
    ['with a body', UPGRADE.replace('\r\n\r\n', '\r\nContent-Length: 5\r\n\r\nhello')],
    [
      'with a body in chunks',
      UPGRADE.replace('\r\n\r\n', '\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n'),
    ],
  ])('%s is an ordinary request, the last on its connection', async (_, text) => {
    const upstream = await startUpstream(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      response.end(JSON.stringify({method: request.method, upgrade: request.headers.upgrade, body}));
    });
    const gateway = await startGateway({upstream});
    const socket = await openTls(gateway);
    const answer = readAll(socket);
    socket.write(`${text}GET /next HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n`);
    const expected = {method: text.slice(0, text.indexOf(' ')), body: text.includes('hello') ? 'hello' : ''};
    const answers = (await answer).match(/\{.*\}/g)?.map(json => JSON.parse(json));
    assert.deepEqual(answers, [expected]);
  });

  it('behind an unfinished request waits for its turn', async () => {
    const upstream = await startUpstream((_, response) => setImmediate(() => response.end('first')));
    upstream.server.on('upgrade', (_, socket) => socket.end(SWITCHING, 'latin1'));
    const gateway = await startGateway({upstream});
    const seconds = [
      [UPGRADE, /first[\s\S]*HTTP\/1\.1 101 /],
      ['CONNECT app.test:443 HTTP/1.1\r\nHost: app.test\r\n\r\n', /first[\s\S]*HTTP\/1\.1 405 /],
    ] as const;
    for (const [second, expected] of seconds) {
      const socket = await openTls(gateway);
      const answer = readAll(socket);
      socket.write(`GET /slow HTTP/1.1\r\nHost: app.test\r\n\r\n${second}`);
      assert.match(await answer, expected);
    }
    await untilIdle(gateway);
  });
});
