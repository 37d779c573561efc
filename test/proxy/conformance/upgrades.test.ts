// Group F: upgrades. A tunnel opens when the app says 101 to what it was asked, and not one byte before.

import assert from 'node:assert/strict';
import {createHash} from 'node:crypto';
import type {Socket} from 'node:net';
import {describe, it} from 'vitest';
import {isSoak} from '../../helpers/soak.js';
import {startGateway, untilIdle} from '../harness.js';
import {readAnswers} from './answers.js';
import {LEAVING, leave, openClient, settle, startPlayedUpstream, waitFor} from './exchanges.js';
import {CANARY, get} from './vector.js';

const MIB = 2 ** 20;
const websocket = (...fields: string[]): string => upgradeTo('websocket', ...fields);
const upgradeTo = (protocol: string, ...fields: string[]): string =>
  get('Connection: Upgrade', `Upgrade: ${protocol}`, ...fields);
const switching = (protocol: string): string =>
  `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n\r\n`;

/** The client has asked, the app has read it and says nothing yet. */
async function ask(request: string) {
  const upstream = await startPlayedUpstream();
  const gateway = await startGateway({upstream});
  const client = await openClient(gateway);
  client.socket.write(request);
  const app = await upstream.accept();
  const head = await app.until('\r\n\r\n');
  return {gateway, upstream, client, app, head};
}

/** As above, and the app has agreed. */
async function openTunnel() {
  const parties = await ask(websocket());
  parties.app.socket.write(switching('websocket'));
  await parties.client.until('\r\n\r\n');
  return parties;
}

describe('an upgrade', () => {
  it('to WebSocket becomes a tunnel of bytes', async () => {
    const {client, app, head} = await ask(
      websocket(
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
        'Sec-WebSocket-Version: 13',
        'Sec-WebSocket-Protocol: chat, x',
        'Origin: https://app.test',
      ),
    );
    assert.match(
      head,
      /\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: chat, x\r\nOrigin: https:\/\/app\.test\r\n/,
    );
    assert.match(head, /\r\nUpgrade: websocket\r\n/i);
    assert.match(head, /\r\nConnection: upgrade\r\n/i);
    app.socket.write(
      `${switching('websocket').slice(0, -2)}Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n\x81\x05hello`,
      'latin1',
    );
    const answer = await client.until('\x81\x05hello');
    assert.match(answer, /^HTTP\/1\.1 101 [\s\S]*\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=\r\n/i);
    assert.match(answer, /\r\nUpgrade: websocket\r\n/i);
    assert.match(answer, /\r\nConnection: upgrade\r\n/i);
    client.socket.write('\x81\x85GET / HTTP/1.1\r\n\r\n\0\xff', 'latin1');
    await app.until('\x81\x85GET / HTTP/1.1\r\n\r\n\0\xff');
  });

  it('to WebSocket in any case is one', async () => {
    const {client, app, head} = await ask(get('connection: keep-alive, UPGRADE', 'upgrade: WebSocket'));
    assert.match(head, /\r\nUpgrade: websocket\r\n/i);
    app.socket.write(switching('websocket'));
    await client.until('101');
    client.socket.write('bytes');
    await app.until('bytes');
  });

  it('to another protocol becomes a tunnel when the app agrees', async () => {
    const {client, app, head} = await ask(upgradeTo('foo'));
    assert.match(head, /\r\nUpgrade: foo\r\n/i);
    app.socket.write(`${switching('foo')}hello`);
    await client.until('\r\n\r\nhello');
    client.socket.write('bytes');
    await app.until('bytes');
  });

  it('holds what the client says before the app agrees', async () => {
    const {client, app} = await ask(`${websocket()}early`);
    client.socket.write(' bytes');
    await settle();
    assert.match(app.received(), /\r\n\r\n$/);
    app.socket.write(switching('websocket'));
    assert.match(await app.until('early bytes'), /\r\n\r\nearly bytes$/);
    await client.until('101');
  });

  it.each([
    ['403 with a body', 'HTTP/1.1 403 Forbidden\r\nContent-Length: 5\r\n\r\nno no', 403, 'no no'],
    ['200 with a body', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello', 200, 'hello'],
    [
      '404 in chunks',
      'HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
      404,
      'hello',
    ],
    ['426', 'HTTP/1.1 426 Upgrade Required\r\nUpgrade: other\r\nContent-Length: 0\r\n\r\n', 426, ''],
    ['204', 'HTTP/1.1 204 No Content\r\n\r\n', 204, ''],
  ])(
    'that the app refuses with %s is an ordinary answer, and what follows is no tunnel',
    async (_, bytes, status, body) => {
      const {upstream, client, app} = await ask(websocket() + CANARY);
      app.socket.write(bytes);
      await client.until(`${status}`);
      await settle();
      client.socket.end();
      await client.closed();
      const [answer] = readAnswers(client.received()).answers;
      assert.deepEqual([answer?.status, answer?.body, answer?.isComplete], [status, body, true]);
      // Read as a request, it says who sent it; through a tunnel it would not.
      for (const canary of upstream.received().split('GET /canary').slice(1)) assert.match(canary, /X-Forwarded-For/);
    },
  );

  it.each([
    ['another protocol', switching('other')],
    ['h2c', switching('h2c')],
    ['a list of protocols', switching('websocket, other')],
    ['no protocol', 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n\r\n'],
    ['an empty protocol', switching('')],
  ])('to which the app agrees with %s is a 502', async (_, bytes) => {
    const {client, app} = await ask(websocket());
    app.socket.write(`${bytes}tunnelled`);
    await app.closed();
    client.socket.end();
    await client.closed();
    const {answers, rest} = readAnswers(client.received());
    assert.deepEqual(
      answers.map(({status, isComplete}) => [status, isComplete]),
      [[502, true]],
    );
    assert.equal(rest, '');
  });

  it('to h2c is never one, even when the app agrees', async () => {
    const {client, app, head} = await ask(upgradeTo('h2c'));
    assert.doesNotMatch(head, /upgrade/i);
    app.socket.write(`${switching('h2c')}tunnelled`);
    await app.closed();
    client.socket.end();
    await client.closed();
    assert.match(client.received(), /^HTTP\/1\.1 502 /);
    assert.doesNotMatch(client.received(), /tunnelled/);
  });

  it('passes the 103 before the 101', async () => {
    const {client, app} = await ask(websocket());
    app.socket.write(`HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${switching('websocket')}hello`);
    assert.match(await client.until('\r\n\r\nhello'), /^HTTP\/1\.1 103 [\s\S]*HTTP\/1\.1 101 /);
  });
});

describe('a tunnel', () => {
  it('carries large messages both ways, byte for byte', async () => {
    const {gateway, client, app} = await openTunnel();
    const message = Buffer.alloc(
      isSoak ? 64 * MIB : 2 * MIB,
      Buffer.from(Array.from({length: 251}, (_, byte) => byte)),
    );
    const arrived = Promise.all([hashNext(client.socket, message.length), hashNext(app.socket, message.length)]);
    client.socket.write(message);
    app.socket.write(message);
    const expected = createHash('sha256').update(message).digest('hex');
    assert.deepEqual(await arrived, [expected, expected]);
    client.socket.destroy();
    await untilIdle(gateway);
  }, 60_000);

  it('carries bytes one by one, at once', async () => {
    const {client, app} = await openTunnel();
    for (let byte = 0; byte < 100; byte++) {
      client.socket.write(`<${byte}`);
      await app.until(`<${byte}`);
      app.socket.write(`>${byte}`);
      await client.until(`>${byte}`);
    }
  });

  it.each(LEAVING)('closes for the app when the client does so by %s', async way => {
    const {gateway, client, app} = await openTunnel();
    client.socket.write('last words');
    await app.until('last words');
    leave(client, way);
    await app.closed();
    await untilIdle(gateway);
  });

  it.each(LEAVING)('closes for the client when the app does so by %s', async way => {
    const {gateway, client, app} = await openTunnel();
    app.socket.write('last words');
    await client.until('last words');
    leave(app, way);
    await client.closed();
    await untilIdle(gateway);
  });

  it('delivers what the app said just before it ended', async () => {
    const {client, app} = await openTunnel();
    app.socket.write('last words');
    app.socket.end();
    await client.closed();
    assert.match(client.received(), /last words$/);
  });
});

/** The hash of the next bytes that come. */
async function hashNext(socket: Socket, size: number): Promise<string> {
  const hash = createHash('sha256');
  let left = size;
  socket.on('data', bytes => {
    hash.update(bytes);
    left -= bytes.length;
  });
  await waitFor(
    () => left === 0,
    () => `${left} more bytes`,
  );
  return hash.digest('hex');
}
