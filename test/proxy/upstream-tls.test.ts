import assert from 'node:assert/strict';
import {once} from 'node:events';
import type {RequestListener} from 'node:http';
import {createServer} from 'node:https';
import type {AddressInfo} from 'node:net';
import {describe, it, onTestFinished} from 'vitest';
import {WebSocketServer} from 'ws';
import type {Upstream, UpstreamTls} from '../../src/proxy/upstream.js';
import {createTestCertificate} from '../helpers/certificates.js';
import {fetchHttp1, fetchHttp2, openHttp2, openWebSocket, startGateway} from './harness.js';

const UNVERIFIED: UpstreamTls = {isVerified: false};

/** An app that speaks TLS itself, with a certificate nobody trusts. */
async function startTlsApp(handler: RequestListener, host = '127.0.0.1') {
  const server = createServer({...createTestCertificate('whatever.example')}, handler);
  server.listen(0, host);
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return {server, at: (tls: UpstreamTls): Upstream => ({host, port: (server.address() as AddressInfo).port, tls})};
}

describe('an app that speaks TLS itself', () => {
  it.each(['127.0.0.1', '::1'])('is spoken to over TLS on %s, whatever its certificate', async host => {
    const app = await startTlsApp(async (request, response) => {
      let size = 0;
      for await (const chunk of request) size += chunk.length;
      response.end(`${request.headers.host} ${size}`);
    }, host);
    const gateway = await startGateway({upstream: app.at(UNVERIFIED)});
    for (let count = 0; count < 3; count++) {
      assert.equal((await fetchHttp1(gateway, {method: 'POST', body: 'x'.repeat(300_000)})).body, 'app.test 300000');
    }
    assert.equal((await fetchHttp2(openHttp2(gateway))).body, 'app.test 0');
  });

  it('opens WebSockets', async () => {
    const app = await startTlsApp((_, response) => response.end());
    const server = new WebSocketServer({server: app.server});
    server.on('connection', socket => socket.on('message', data => socket.send(data)));
    const gateway = await startGateway({upstream: app.at(UNVERIFIED)});
    const socket = openWebSocket(gateway);
    await once(socket, 'open');
    const message = Buffer.alloc(1_000_000, 'x');
    socket.send(message);
    const [echo] = await once(socket, 'message');
    assert.ok(message.equals(echo));
  });

  it('is not believed where it is to be verified', async () => {
    const app = await startTlsApp((_, response) => response.end('hello'));
    const gateway = await startGateway({upstream: app.at({isVerified: true})});
    const {status, body} = await fetchHttp1(gateway);
    assert.equal(status, 502);
    assert.match(body, /^502 APP_UNREACHABLE: app: /);
  });

  it('is not taken for one that does not: plain HTTP gets no answer from it', async () => {
    const app = await startTlsApp((_, response) => response.end('hello'));
    const {host, port} = app.at(UNVERIFIED);
    const gateway = await startGateway({upstream: {host, port}});
    assert.equal((await fetchHttp1(gateway)).status, 502);
  });
});
