// WebSockets whose instance, or whose gateway, is to end: both sides are told so.

import assert from 'node:assert/strict';
import {once} from 'node:events';
import type {ClientHttp2Stream} from 'node:http2';
import type {Socket} from 'node:net';
import {describe, it} from 'vitest';
import {WebSocketServer} from 'ws';
import type {Gateway} from '../../src/proxy/gateway.js';
import {eventually} from '../helpers/eventually.js';
import {
  HOST,
  openHttp2,
  openTls,
  openWebSocket,
  readAll,
  readUntil,
  startGateway,
  startRawUpstream,
  startUpstream,
  untilIdle,
} from './harness.js';

const GOING_AWAY = 1001;
const SWITCHING = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
const UPGRADE = [
  'GET /socket HTTP/1.1',
  `Host: ${HOST}`,
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  '\r\n',
].join('\r\n');
/** 1001 as a server says it, and as a client does, masked with zeros: RFC 6455, section 5.5.1. */
const FROM_SERVER = '\x88\x02\x03\xe9';
const FROM_CLIENT = '\x88\x82\0\0\0\0\x03\xe9';

async function startApp() {
  const upstream = await startUpstream(() => undefined);
  return {upstream, server: new WebSocketServer({server: upstream.server})};
}

/** An app that speaks in bytes, and its side of the one tunnel. */
async function startRawApp() {
  const {promise, resolve} = Promise.withResolvers<Socket>();
  const upstream = await startRawUpstream(socket =>
    socket.once('data', () => {
      socket.write(SWITCHING);
      resolve(socket);
    }),
  );
  return {upstream, opened: promise};
}

/** A tunnel whose both ends are in the hands of the test. */
async function openRawTunnel() {
  const {upstream, opened} = await startRawApp();
  const gateway = await startGateway({upstream});
  const client = await openTls(gateway);
  client.write(UPGRADE);
  await readUntil(client, '\r\n\r\n');
  const app = await opened;
  /** What the app got behind the head. */
  const received = (): string => upstream.received().split('\r\n\r\n').slice(1).join('\r\n\r\n');
  return {gateway, upstream, client, app, received};
}

function connectHttp2(gateway: Gateway): ClientHttp2Stream {
  const stream = openHttp2(gateway).request(
    {':method': 'CONNECT', ':protocol': 'websocket', ':path': '/', ':authority': HOST, 'sec-websocket-version': '13'},
    {endStream: false},
  );
  stream.on('error', () => undefined);
  return stream;
}

describe('a WebSocket that is ended', () => {
  it.each([
    ['with its instance', (gateway: Gateway, upstream: {host: string; port: number}) => gateway.drain(upstream)],
    ['with its gateway', (gateway: Gateway) => gateway.retire(100, 20_000)],
  ])('%s tells the client and the app that the other goes away', async (_, end) => {
    const {upstream, server} = await startApp();
    const gateway = await startGateway({upstream});
    const connected = once(server, 'connection');
    const client = openWebSocket(gateway);
    const [app] = await connected;
    await once(client, 'open');
    const closed = Promise.all([once(client, 'close'), once(app, 'close')]);
    await end(gateway, upstream);
    const codes = (await closed).map(([code]) => code);
    assert.deepEqual(codes, [GOING_AWAY, GOING_AWAY]);
    assert.equal(gateway.inFlight('app'), 0);
  });

  it('over HTTP/2 does so too, and its stream ends', async () => {
    const {upstream, server} = await startApp();
    const gateway = await startGateway({upstream});
    const connected = once(server, 'connection');
    const stream = connectHttp2(gateway);
    const chunks: Buffer[] = [];
    stream.on('data', chunk => chunks.push(chunk));
    const [app] = await connected;
    await once(stream, 'response');
    const closed = Promise.all([once(app, 'close'), once(stream, 'end')]);
    const drained = gateway.drain(upstream);
    await eventually(() => assert.equal(Buffer.concat(chunks).toString('latin1'), FROM_SERVER));
    stream.write(Buffer.from(FROM_CLIENT, 'latin1'));
    assert.equal((await closed)[0][0], GOING_AWAY);
    await drained;
    assert.equal(stream.rstCode, 0);
  });

  it('gets the rest of the message that is under way, and nothing behind it', async () => {
    const {gateway, upstream, client, app, received} = await openRawTunnel();
    app.write(Buffer.from('\x82\x05abc', 'latin1'));
    client.write(Buffer.from('\x82\x85\0\0\0\0ABC', 'latin1'));
    await readUntil(client, 'abc');
    await eventually(() => assert.match(received(), /ABC$/));
    const drained = gateway.drain(upstream);
    // The grace is over, and both are still in the middle of a message.
    await new Promise(resolve => setTimeout(resolve, 300));
    assert.match(received(), /ABC$/);
    const rest = readAll(client);
    app.write(Buffer.from('de\x82\x04more', 'latin1'));
    client.write(Buffer.from('DE\x82\x84\0\0\0\0MORE', 'latin1'));
    await eventually(() => assert.ok(received().endsWith(`ABCDE${FROM_CLIENT}`), received()));
    client.end(Buffer.from(FROM_CLIENT, 'latin1'));
    app.end(Buffer.from(FROM_SERVER, 'latin1'));
    assert.equal(await rest, `de${FROM_SERVER}`);
    await drained;
  });

  it('is cut off when a side does not answer', async () => {
    const {gateway, upstream, client, app} = await openRawTunnel();
    app.resume();
    const rest = readAll(client);
    const closed = once(app, 'close');
    await gateway.drain(upstream);
    assert.equal(await rest, FROM_SERVER);
    await closed;
  });

  it('is cut off when a message never comes to its end', async () => {
    const {gateway, upstream, client, app} = await openRawTunnel();
    app.resume();
    app.write(Buffer.from('\x82\x05abc', 'latin1'));
    await readUntil(client, 'abc');
    const rest = readAll(client);
    await gateway.drain(upstream);
    assert.equal(await rest, '');
  });

  it('while it closes by itself closes with the code it was closed with', async () => {
    const {upstream, server} = await startApp();
    const gateway = await startGateway({upstream});
    const connected = once(server, 'connection');
    const client = openWebSocket(gateway);
    const [app] = await connected;
    await once(client, 'open');
    // The app's answer waits until the gateway has decided what to do about it.
    app._socket.pause();
    client.close(4_000, 'enough');
    await new Promise(resolve => setTimeout(resolve, 50));
    const drained = gateway.drain(upstream);
    await new Promise(resolve => setTimeout(resolve, 300));
    const closed = Promise.all([once(client, 'close'), once(app, 'close')]);
    app._socket.resume();
    assert.deepEqual(
      (await closed).map(([code]) => code),
      [4_000, 4_000],
    );
    await drained;
  });

  it('with a failing side in the middle of it is over at once', async () => {
    const {gateway, upstream, client, app} = await openRawTunnel();
    app.resume();
    const drained = gateway.drain(upstream);
    await readUntil(client, FROM_SERVER);
    client.destroy();
    app.resetAndDestroy();
    await drained;
    await untilIdle(gateway);
  });
});
