import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import {type EventEmitter, once} from 'node:events';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {createServer as createNetServer} from 'node:net';
import {promisify} from 'node:util';
import {describe, it, onTestFinished} from 'vitest';
import {WebSocketServer} from 'ws';
import type {Gateway} from '../../src/proxy/gateway.js';
import {openListener} from '../../src/proxy/listener.js';
import {TakoError} from '../../src/system/error.js';
import {requires} from '../helpers/system-parts.js';
import {
  fetchHttp1,
  fetchHttp2,
  findClosedPort,
  HOST,
  openHttp2,
  openTcp,
  openTls,
  openWebSocket,
  readAll,
  readUntil,
  route,
  startGateway,
  startUpstream,
  untilIdle,
} from './harness.js';

/** Sends one request in plain HTTP and returns the answer's head and body. */
async function askPlain({http}: Gateway, text: string): Promise<string> {
  const socket = await openTcp(http.port);
  socket.write(text, 'latin1');
  return readAll(socket);
}

describe('the HTTP port', () => {
  it('redirects to HTTPS with path and query, for any method', async () => {
    const gateway = await startGateway({routes: [route(HOST), route('*.app.test')]});
    for (const [host, expected] of [
      [HOST, HOST],
      [`APP.test.:${gateway.http.port}`, HOST],
      ['a.b.app.test', 'a.b.app.test'],
    ]) {
      const answer = await askPlain(
        gateway,
        `POST /a/../b//c?d=%20&e HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello`,
      );
      assert.match(answer, /^HTTP\/1\.1 308 Permanent Redirect\r\n/);
      assert.ok(
        answer.includes(`\r\nlocation: https://${expected}:${gateway.https.port}/a/../b//c?d=%20&e\r\n`),
        answer,
      );
      assert.match(answer, /\r\ncache-control: no-store\r\n/);
    }
  });

  it.each([
    ['//evil.example/', 'GET //evil.example/ HTTP/1.1'],
    ['', 'OPTIONS * HTTP/1.1'],
  ])('stays on its own host when redirecting %j', async (target, line) => {
    const gateway = await startGateway();
    const answer = await askPlain(gateway, `${line}\r\nHost: app.test\r\nConnection: close\r\n\r\n`);
    assert.match(answer, /^HTTP\/1\.1 308 /);
    assert.ok(answer.includes(`\r\nlocation: https://app.test:${gateway.https.port}${target}\r\n`), answer);
  });

  it.each([
    'GET http://evil.example/ HTTP/1.1\r\nHost: app.test',
    'GET /%0d%0a HTTP/1.1\r\nHost: evil.example\r\nHost: app.test',
    'GET /\r\nLocation: https://evil.example HTTP/1.1\r\nHost: app.test',
    'GET /\xff HTTP/1.1\r\nHost: app.test',
    'GET @evil.example/ HTTP/1.1\r\nHost: app.test',
    'GET /\\evil.example HTTP/1.1\r\nHost: app.test',
    'GET / HTTP/1.1\r\nHost: app.test@evil.example',
    'GET / HTTP/1.1\r\nHost: app.test:80@evil.example',
    'GET / HTTP/1.1\r\nHost: app.test/evil.example',
  ])('does not redirect %j', async text => {
    const gateway = await startGateway();
    const answer = await askPlain(gateway, `${text}\r\nConnection: close\r\n\r\n`);
    assert.match(answer, /^HTTP\/1\.1 400 /);
    assert.doesNotMatch(answer, /\r\nlocation:/i);
  });

  it('answers 421 for a host without an app, and redirects nothing there', async () => {
    const gateway = await startGateway();
    const answer = await askPlain(gateway, 'GET / HTTP/1.1\r\nHost: other.test\r\nConnection: close\r\n\r\n');
    assert.match(answer, /^HTTP\/1\.1 421 Misdirected Request\r\n/);
    assert.doesNotMatch(answer, /\r\nlocation:/i);
  });

  it('redirects what wants to be a WebSocket too', async () => {
    const gateway = await startGateway();
    const answer = await askPlain(
      gateway,
      'GET /ws HTTP/1.1\r\nHost: app.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    );
    assert.match(answer, /^HTTP\/1\.1 308 /);
  });

  it('never lets a request through to an app', async () => {
    let requests = 0;
    const upstream = await startUpstream((_, response) => {
      requests += 1;
      response.end();
    });
    const gateway = await startGateway({upstream});
    await askPlain(
      gateway,
      'GET / HTTP/1.1\r\nHost: app.test\r\nX-Forwarded-Proto: https\r\nConnection: close\r\n\r\n',
    );
    assert.equal(requests, 0);
  });
});

describe('the ports of a gateway', () => {
  it('are open on both loopback addresses', async () => {
    const gateway = await startGateway();
    for (const address of ['127.0.0.1', '::1']) {
      for (const port of [gateway.https.port, gateway.http.port]) (await openTcp(port, address)).destroy();
    }
    const plain = await fetch(`http://[::1]:${gateway.http.port}/`);
    assert.equal(plain.status, 421);
  });

  it('tell the app about clients of IPv6', async () => {
    const gateway = await startGateway({
      upstream: await startUpstream(({headers}, response) =>
        response.end(`${headers['x-forwarded-for']} ${headers.forwarded}`),
      ),
    });
    assert.equal((await fetchHttp1(gateway, {host: '::1'})).body, `::1 for="[::1]";host="${HOST}";proto=https`);
  });

  it('are not taken from somebody else, who is named', async () => {
    const other = createNetServer();
    other.listen(0, '127.0.0.1');
    await once(other, 'listening');
    onTestFinished(() => void other.close());
    const {port} = other.address() as AddressInfo;
    const free = await findClosedPort();
    for (const ports of [
      {https: {port}, http: {port: free}},
      {https: {port: free}, http: {port}},
    ]) {
      await assert.rejects(startGateway(ports), (error: unknown) => {
        assert.ok(error instanceof TakoError);
        assert.equal(error.code, 'PORT_IN_USE');
        assert.match(error.message, new RegExp(`^port ${port} is in use by .*\\(pid ${process.pid}\\)$`));
        return true;
      });
      // A failed start leaves nothing behind.
      const again = await openListener({port: free, onConnection: socket => socket.destroy()});
      await again.close();
    }
  });

  it('are not taken either when only ::1 is in use', async () => {
    const other = createNetServer();
    other.listen({port: 0, host: '::1', ipv6Only: true});
    await once(other, 'listening');
    onTestFinished(() => void other.close());
    const {port} = other.address() as AddressInfo;
    await assert.rejects(openListener({port, onConnection: () => undefined}), {code: 'PORT_IN_USE'});
    (
      await new Promise<ReturnType<typeof createServer>>(resolve => {
        const server = createServer().listen(port, '127.0.0.1', () => resolve(server));
      })
    ).close();
  });

  it.skipIf(requires('denied ports'))('move where they are told to when the system denies them', async () => {
    becomeOrdinaryUser();
    const listener = await openListener({port: 1, deniedPort: 0, onConnection: () => undefined});
    assert.equal(listener.isDenied, true);
    assert.ok(listener.port > 1);
    await listener.close();
    await assert.rejects(openListener({port: 1, onConnection: () => undefined}), {code: 'PORT_DENIED'});
  });

  it('can be opened again at once after they were closed', async () => {
    const gateway = await startGateway({upstream: await startUpstream((_, response) => response.end('hello'))});
    assert.equal((await fetchHttp1(gateway)).status, 200);
    const {https, http} = gateway;
    await gateway.close();
    const again = await startGateway({https: {port: https.port}, http: {port: http.port}});
    assert.equal((await fetchHttp1(again, {headers: {host: 'other.test'}})).status, 421);
  });
});

describe('closing a gateway', () => {
  it('ends every connection, whatever it is doing', async () => {
    const upstream = await startUpstream((request, response) => {
      if (request.url === '/stream') response.write('first');
      else if (request.url !== '/hold') response.end('hello');
    });
    new WebSocketServer({server: upstream.server});
    const gateway = await startGateway({upstream});

    const keptAlive = await openTls(gateway);
    keptAlive.write('GET / HTTP/1.1\r\nHost: app.test\r\n\r\n');
    await readUntil(keptAlive, 'hello');
    const streaming = await openTls(gateway);
    streaming.write('GET /stream HTTP/1.1\r\nHost: app.test\r\n\r\n');
    await readUntil(streaming, 'first');
    const http2 = openHttp2(gateway);
    assert.equal((await fetchHttp2(http2)).body, 'hello');
    const held = fetchHttp2(http2, {':path': '/hold'});
    const webSocket = openWebSocket(gateway);
    await once(webSocket, 'open');
    const silent = await openTcp(gateway.https.port);
    const plain = await openTcp(gateway.http.port);

    const closed = [keptAlive, streaming, webSocket, silent, plain].map((socket: EventEmitter) =>
      once(socket, 'close'),
    );
    keptAlive.resume();
    streaming.resume();
    silent.resume();
    plain.resume();
    const heldIsOver = assert.rejects(held);
    await gateway.close();
    await Promise.all([...closed, heldIsOver]);
    await untilIdle(gateway);
  });

  it('twice is closing once', async () => {
    const gateway = await startGateway();
    await Promise.all([gateway.close(), gateway.close()]);
    await gateway.close();
    await assert.rejects(openTcp(gateway.https.port), {code: 'ECONNREFUSED'});
  });

  it('while requests wait for their app lets them go', async () => {
    const {promise} = Promise.withResolvers<never>();
    const gateway = await startGateway({activate: () => promise});
    const waiting = [fetchHttp1(gateway), fetchHttp2(openHttp2(gateway))];
    const failed = waiting.map(request => assert.rejects(request));
    while (gateway.inFlight('app') < 2) await new Promise(resolve => setImmediate(resolve));
    await gateway.close();
    await Promise.all(failed);
    assert.equal(gateway.inFlight('app'), 0);
  });
});

describe.skipIf(requires('curl'))('curl', () => {
  const run = promisify(execFile);

  it.each(['--http1.1', '--http2'])('is served with %s, following the redirect', async version => {
    const gateway = await startGateway({
      upstream: await startUpstream((request, response) => response.end(`${request.method} ${request.url}`)),
    });
    const {https, http} = gateway;
    const resolve = [https.port, http.port].flatMap(port => ['--resolve', `${HOST}:${port}:127.0.0.1`]);
    const {stdout} = await run('curl', [
      ...['--silent', '--show-error', '--insecure', '--location', version, ...resolve],
      ...['--data', 'a=b', `http://${HOST}:${http.port}/form?x=1`],
    ]);
    assert.equal(stdout, 'POST /form?x=1');
  });
});

/** root may open any port: until the test is over this process is not root. */
function becomeOrdinaryUser(): void {
  if (process.geteuid?.() !== 0) return;
  process.seteuid?.(65_534);
  onTestFinished(() => process.seteuid?.(0));
}
