import assert from 'node:assert/strict';
import {once} from 'node:events';
import {createServer, type IncomingMessage, type RequestListener} from 'node:http';
import {createServer as createHttp2Server, createSecureServer as createHttp2TlsServer} from 'node:http2';
import {createServer as createHttpsServer} from 'node:https';
import {type AddressInfo, createServer as createNetServer, type Server, type Socket} from 'node:net';
import {describe, it, onTestFinished} from 'vitest';
import {createHttpProbe} from '../../../src/proxy/load-balancing/http-probe.js';
import {createLoadBalancer} from '../../../src/proxy/load-balancing/load-balancer.js';
import type {ProbeResult} from '../../../src/proxy/load-balancing/probe.js';
import {tcpProbe} from '../../../src/proxy/load-balancing/tcp-probe.js';
import type {Upstream} from '../../../src/proxy/upstream.js';
import {createTestCertificate} from '../../helpers/certificates.js';

const never = new AbortController().signal;
const PASSED: ProbeResult = {ok: true};

async function listen(server: Server, host = '127.0.0.1'): Promise<Upstream> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket.once('error', () => undefined)));
  server.listen({port: 0, host});
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return {host, port: (server.address() as AddressInfo).port};
}

/** A port that was free a moment ago. */
async function closedPort(): Promise<Upstream> {
  const server = createNetServer();
  const upstream = await listen(server);
  server.close();
  await once(server, 'close');
  return upstream;
}

/** An app, and the requests it got. */
async function listenHttp(handler: RequestListener, host?: string) {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    handler(request, response);
  });
  return {upstream: await listen(server, host), requests, server};
}

const answer =
  (status: number, body = ''): RequestListener =>
  (_, response) =>
    void response.writeHead(status).end(body);

describe('the TCP probe', () => {
  it.each(['127.0.0.1', '::1'])('passes when something listens on %s, and hangs up', async host => {
    const server = createNetServer();
    const upstream = await listen(server, host);
    const connected = once(server, 'connection') as Promise<[Socket]>;
    assert.deepEqual(await tcpProbe(upstream, never), PASSED);
    const [socket] = await connected;
    socket.resume();
    await once(socket, 'close');
    assert.equal(socket.bytesRead, 0);
  });

  it('fails when nothing listens', async () => {
    assert.deepEqual(await tcpProbe(await closedPort(), never), {ok: false, problem: 'nothing listens there'});
  });

  it('gives up when it is told to', async () => {
    const result = await tcpProbe(await listen(createNetServer()), AbortSignal.abort());
    assert.equal(result.ok, false);
  });
});

describe('the HTTP probe', () => {
  it.each([200, 204, 302, 399])('passes on %i', async status => {
    const {upstream} = await listenHttp(answer(status));
    assert.deepEqual(await createHttpProbe()(upstream, never), PASSED);
  });

  it.each([400, 404, 500, 503])('fails on %i', async status => {
    const {upstream} = await listenHttp(answer(status));
    assert.deepEqual(await createHttpProbe()(upstream, never), {ok: false, problem: `answered ${status}`});
  });

  it('expects the statuses it is given', async () => {
    const probe = createHttpProbe({expectedStatuses: [204, [400, 402]]});
    const passed: number[] = [];
    for (const status of [200, 203, 204, 205, 399, 400, 401, 402, 403]) {
      const {upstream} = await listenHttp(answer(status));
      if ((await probe(upstream, never)).ok) passed.push(status);
    }
    assert.deepEqual(passed, [204, 400, 401, 402]);
  });

  it('asks for / of the address, and closes its connection', async () => {
    const {upstream, requests} = await listenHttp(answer(200));
    await createHttpProbe()(upstream, never);
    const [request] = requests;
    assert.equal(request?.method, 'GET');
    assert.equal(request.url, '/');
    assert.equal(request.headers.host, `127.0.0.1:${upstream.port}`);
    assert.equal(request.headers.connection, 'close');
    assert.equal(request.headers['user-agent'], 'tako-health-check');
  });

  it('asks for the path and Host it is given', async () => {
    const {upstream, requests} = await listenHttp(answer(200));
    await createHttpProbe({path: '/up?deep=1', host: 'app.test'})(upstream, never);
    assert.equal(requests[0]?.url, '/up?deep=1');
    assert.equal(requests[0]?.headers.host, 'app.test');
  });

  it('works over IPv6', async () => {
    const {upstream, requests} = await listenHttp(answer(200), '::1');
    assert.deepEqual(await createHttpProbe()(upstream, never), PASSED);
    assert.equal(requests[0]?.headers.host, `[::1]:${upstream.port}`);
  });

  it('lets an app finish an ordinary page', async () => {
    const finished = new Promise<boolean>(resolve => {
      void listenHttp((_, response) => {
        response.once('close', () => resolve(response.writableFinished));
        response.write('the page');
        setTimeout(() => response.end('its end'), 50);
      }).then(({upstream}) => createHttpProbe()(upstream, never));
    });
    assert.equal(await finished, true);
  });

  it('does not read an answer without end', async () => {
    const {upstream} = await listenHttp((_, response) => {
      const write = (): void => {
        while (!response.destroyed && response.write('x'.repeat(10_000)));
      };
      response.on('drain', write);
      write();
    });
    assert.deepEqual(await createHttpProbe()(upstream, never), PASSED);
  });

  it('fails when nothing listens', async () => {
    const result = await createHttpProbe()(await closedPort(), never);
    assert.deepEqual(result, {ok: false, problem: 'nothing listens there'});
  });

  it('fails when the app hangs up', async () => {
    const upstream = await listen(createNetServer(socket => socket.once('data', () => socket.end())));
    const result = await createHttpProbe()(upstream, never);
    assert.deepEqual(result, {ok: false, problem: 'closed the connection without an answer'});
  });

  it('fails when the answer is not HTTP', async () => {
    const upstream = await listen(createNetServer(socket => socket.once('data', () => socket.end('SSH-2.0-x\r\n'))));
    const result = await createHttpProbe()(upstream, never);
    assert.equal(result.ok, false);
  });

  it('hangs up when it is told to stop waiting', async () => {
    const stop = new AbortController();
    const closed = new Promise<void>(resolve => {
      void listenHttp((request, _) => {
        request.socket.once('close', () => resolve());
        stop.abort();
      }).then(({upstream}) => createHttpProbe()(upstream, stop.signal));
    });
    await closed;
  });
});

describe('the HTTP probe of an upstream with TLS', () => {
  const certificate = createTestCertificate('app.test', '127.0.0.1');
  const serverNames: unknown[] = [];

  async function listenTls(): Promise<Upstream> {
    const server = createHttpsServer({...certificate}, answer(200));
    server.on('secureConnection', socket => serverNames.push(socket.servername));
    return listen(server);
  }

  it('checks the certificate against the server name, whatever the Host', async () => {
    const upstream = {...(await listenTls()), tls: {serverName: 'app.test', ca: certificate.cert, isVerified: true}};
    assert.deepEqual(await createHttpProbe({host: 'public.example'})(upstream, never), PASSED);
    assert.equal(serverNames.at(-1), 'app.test');
    const wrong = {...upstream, tls: {...upstream.tls, serverName: 'other.test'}};
    const result = await createHttpProbe()(wrong, never);
    assert.ok(!result.ok && result.problem.includes('other.test'), JSON.stringify(result));
  });

  it('checks it against the address when there is no server name', async () => {
    const upstream = {...(await listenTls()), tls: {ca: certificate.cert, isVerified: true}};
    assert.deepEqual(await createHttpProbe({host: 'public.example'})(upstream, never), PASSED);
    assert.equal(serverNames.at(-1), false);
  });

  it('speaks HTTP/1.1 even to one that could do HTTP/2, as requests do', async () => {
    const versions: string[] = [];
    const server = createHttp2TlsServer({...certificate, allowHTTP1: true}, (request, response) => {
      versions.push(request.httpVersion);
      response.end();
    });
    const upstream = {...(await listen(server)), tls: {ca: certificate.cert, isVerified: true}};
    assert.deepEqual(await createHttpProbe()(upstream, never), PASSED);
    assert.deepEqual(versions, ['1.1']);
  });

  it('fails on a certificate nobody vouches for, unless told to take any', async () => {
    const upstream = await listenTls();
    const strict = await createHttpProbe()({...upstream, tls: {isVerified: true}}, never);
    assert.equal(strict.ok, false);
    assert.deepEqual(await createHttpProbe()({...upstream, tls: {isVerified: false}}, never), PASSED);
  });
});

describe('the HTTP probe of an h2c upstream', () => {
  it('speaks HTTP/2, and ends its session', async () => {
    const versions: string[] = [];
    const server = createHttp2Server((request, response) => {
      versions.push(request.httpVersion);
      response.writeHead(request.authority === 'app.test' && request.url === '/up' ? 204 : 400).end();
    });
    const closed = once(server, 'session').then(([session]) => once(session, 'close'));
    const upstream = await listen(server);
    const probe = createHttpProbe({path: '/up', host: 'app.test'});
    assert.deepEqual(await probe({...upstream, protocol: 'h2c'}, never), PASSED);
    assert.deepEqual(versions, ['2.0']);
    await closed;
  });
});

describe('a balancer with real checks', () => {
  it('notices an app that dies and one that comes back', async () => {
    const app = await listenHttp(answer(200));
    let next: (change: string) => void = () => undefined;
    const changed = () => new Promise<string>(resolve => (next = resolve));
    const balancer = createLoadBalancer({
      backends: [{upstream: app.upstream}],
      healthCheck: {probe: createHttpProbe(), intervalMs: 5},
      onChange: ({state, problem}) => next(`${state}: ${problem}`),
    });
    onTestFinished(() => balancer.close());
    const died = changed();
    app.server.close();
    app.server.closeAllConnections();
    assert.equal(await died, 'unhealthy: nothing listens there');
    assert.equal(balancer.pick(), undefined);
    const returned = changed();
    const again = createServer(answer(204));
    again.listen(app.upstream.port, app.upstream.host);
    onTestFinished(() => void again.close());
    assert.equal(await returned, 'healthy: undefined');
    assert.ok(balancer.pick());
  });
});
