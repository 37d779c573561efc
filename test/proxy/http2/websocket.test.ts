import assert from 'node:assert/strict';
import {once} from 'node:events';
import type {ClientHttp2Session, ClientHttp2Stream} from 'node:http2';
import {describe, it} from 'vitest';
import {WebSocketServer} from 'ws';
import {eventually} from '../../helpers/eventually.js';
import {HOST, readHttp2, startRawUpstream, startUpstream} from '../harness.js';
import {openSession, startEngine} from './harness.js';

/** Extended CONNECT: RFC 8441, section 5. */
async function connect(session: ClientHttp2Session, more: Record<string, string> = {}): Promise<ClientHttp2Stream> {
  if (!session.remoteSettings.enableConnectProtocol) await once(session, 'remoteSettings');
  const stream = session.request(
    {
      ':method': 'CONNECT',
      ':protocol': 'websocket',
      ':scheme': 'https',
      ':path': '/socket?x=1',
      ':authority': HOST,
      'sec-websocket-version': '13',
      'sec-websocket-protocol': 'chat',
      ...more,
    },
    {endStream: false},
  );
  stream.on('error', () => undefined);
  return stream;
}

/** A text frame as a client sends it, with a mask of zeros: RFC 6455, section 5.2. */
const textFrame = (text: string): Buffer =>
  Buffer.concat([Buffer.of(0x81, 0x80 | Buffer.byteLength(text), 0, 0, 0, 0), Buffer.from(text)]);

describe('a WebSocket over HTTP/2', () => {
  it('speaks with an app that knows HTTP/1.1 only', async () => {
    const upstream = await startUpstream(() => undefined);
    const server = new WebSocketServer({server: upstream.server});
    server.on('connection', (socket, incoming) => {
      socket.send(`${incoming.method} ${incoming.url} ${incoming.headers.host}`);
      socket.on('message', data => socket.send(`echo ${data}`));
    });
    const engine = await startEngine({upstream});
    const stream = await connect(openSession(engine));
    const [head] = await once(stream, 'response');
    assert.deepEqual(
      [head[':status'], head['sec-websocket-protocol'], head['sec-websocket-accept'], head.upgrade],
      [200, 'chat', undefined, undefined],
    );
    let received = '';
    stream.on('data', chunk => {
      received += chunk.toString('latin1');
    });
    await eventually(() => assert.match(received, /GET \/socket\?x=1 app\.test/));
    stream.write(textFrame('hello'));
    await eventually(() => assert.match(received, /echo hello/));
    stream.close();
    await eventually(() => assert.deepEqual(engine.outcomes, ['tunnelled']));
  });

  it('asks the app as HTTP/1.1 does', async () => {
    const upstream = await startRawUpstream(() => undefined);
    const stream = await connect(openSession(await startEngine({upstream})));
    await eventually(() => assert.match(upstream.received(), /\r\n\r\n$/));
    const head = upstream.received();
    assert.match(head, /^GET \/socket\?x=1 HTTP\/1\.1\r\nHost: app\.test\r\n/);
    assert.match(head, /^Connection: Upgrade\r\nUpgrade: websocket\r\n/m);
    assert.match(head, /^sec-websocket-key: [A-Za-z0-9+/]{22}==\r\n/m);
    assert.match(head, /^sec-websocket-version: 13\r\n/m);
    assert.doesNotMatch(head, /content-length|transfer-encoding|:protocol/i);
    stream.close();
  });

  it('that the app refuses gets its answer', async () => {
    const upstream = await startUpstream((_, response) => response.writeHead(403).end('no'));
    const answer = await readHttp2(await connect(openSession(await startEngine({upstream}))));
    assert.deepEqual([answer.status, answer.body], [403, 'no']);
  });

  it('that the app switches to another protocol is not opened', async () => {
    const upstream = await startRawUpstream(socket => {
      socket.once('data', () => socket.write('HTTP/1.1 101 X\r\nConnection: upgrade\r\nUpgrade: other\r\n\r\n'));
    });
    const answer = await readHttp2(await connect(openSession(await startEngine({upstream}))));
    assert.equal(answer.status, 502);
  });

  it('is not read before the app has agreed', async () => {
    const upstream = await startRawUpstream(() => undefined);
    const stream = await connect(openSession(await startEngine({upstream})));
    stream.write('GET /secret HTTP/1.1\r\n\r\n');
    await eventually(() => assert.match(upstream.received(), /\r\n\r\n$/));
    await new Promise(resolve => setTimeout(resolve, 50));
    assert.doesNotMatch(upstream.received(), /secret/);
    stream.close();
  });

  it('ends with its app', async () => {
    const upstream = await startUpstream(() => undefined);
    const server = new WebSocketServer({server: upstream.server});
    server.on('connection', socket => socket.terminate());
    const engine = await startEngine({upstream});
    const stream = await connect(openSession(engine));
    stream.resume();
    await once(stream, 'end');
    stream.end();
    await once(stream, 'close');
    await eventually(() => assert.equal(engine.inFlight(), 0));
  });

  it('carries much at once both ways', async () => {
    const upstream = await startRawUpstream(socket => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 101 X\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n');
        socket.pipe(socket);
      });
    });
    const stream = await connect(openSession(await startEngine({upstream})));
    const sent = Buffer.alloc(8 * 1024 * 1024, 'ab');
    const chunks: Buffer[] = [];
    stream.on('data', chunk => chunks.push(chunk));
    stream.end(sent);
    await once(stream, 'end');
    assert.ok(Buffer.concat(chunks).equals(sent));
  });
});
