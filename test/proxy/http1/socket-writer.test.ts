import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {createHash} from 'node:crypto';
import {once} from 'node:events';
import {
  type AddressInfo,
  connect as connectTcp,
  createServer as createTcpServer,
  type Server,
  type Socket,
} from 'node:net';
import path from 'node:path';
import {connect as connectTls, createServer as createTlsServer} from 'node:tls';
import {describe, it, onTestFinished} from 'vitest';
import {SocketWriter} from '../../../src/proxy/http1/socket-writer.js';
import {SHARED_BUFFER} from '../../../src/proxy/shared-buffer.js';
import {createRandom} from '../../helpers/random.js';
import {runs} from '../../helpers/soak.js';
import {certificate} from '../harness.js';

const READER = path.resolve(import.meta.dirname, '../../fixtures/hash-reader.mjs');

/** A client and the server's end of its connection. */
async function connected(kind: 'tcp' | 'tls'): Promise<{readonly client: Socket; readonly socket: Socket}> {
  const server: Server = kind === 'tls' ? createTlsServer(certificate) : createTcpServer({noDelay: true});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const {port} = server.address() as AddressInfo;
  const accepted = once(server, kind === 'tls' ? 'secureConnection' : 'connection');
  const client =
    kind === 'tls'
      ? connectTls({host: '127.0.0.1', port, servername: 'app.test', ca: certificate.cert})
      : connectTcp(port, '127.0.0.1');
  const [socket] = (await accepted) as [Socket];
  onTestFinished(() => {
    client.destroy();
    socket.destroy();
    server.close();
  });
  return {client, socket};
}

async function readToEnd(client: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of client) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve));

describe.each(['tcp', 'tls'] as const)('a writer on a socket of %s', kind => {
  it('keeps the order of texts and bytes, however many in a turn', async () => {
    const random = createRandom(7);
    for (let run = 0; run < runs(3); run++) {
      const {client, socket} = await connected(kind);
      const writer = new SocketWriter(socket, {receiveDrain: () => undefined});
      const received = readToEnd(client);
      const sent: Buffer[] = [];
      for (let index = 0; index < 300; index++) {
        const bytes = random.bytes(random.below(20) === 0 ? 5_000 : random.below(60) + 1);
        sent.push(bytes);
        const split = random.below(bytes.length + 1);
        if (random.below(2) === 0) writer.writeText(bytes.toString('latin1'));
        else writer.writeBytes(bytes.toString('latin1', 0, split), bytes.subarray(split));
        if (random.below(3) === 0) await turn();
      }
      writer.end();
      assert.ok((await received).equals(Buffer.concat(sent)));
    }
  });

  it('says when the other side does not keep up, and when it does again', async () => {
    const {client, socket} = await connected(kind);
    let drains = 0;
    const owner = {
      receiveDrain() {
        drains += 1;
      },
    };
    const writer = new SocketWriter(socket, owner);
    socket.on('drain', owner.receiveDrain);
    client.pause();
    const text = 'x'.repeat(1_000);
    let written = 0;
    for (; !writer.isBlocked && written < 100_000; written++) {
      writer.writeText(text);
      if (written % 100 === 0) await turn();
    }
    assert.ok(writer.isBlocked, 'it would take any amount');
    assert.ok(writer.isSending);
    const received = readToEnd(client);
    while (drains === 0) await turn();
    writer.end();
    assert.equal((await received).length, written * text.length);
    assert.equal(writer.isSending, false);
  });

  it('ends only when all is written', async () => {
    const {client, socket} = await connected(kind);
    const writer = new SocketWriter(socket, {receiveDrain: () => undefined});
    const received = readToEnd(client);
    for (const text of ['one ', 'two ', 'three']) writer.writeText(text);
    writer.end();
    assert.equal(String(await received), 'one two three');
  });

  it('lets nobody write past it while a text is under way', async () => {
    const {client, socket} = await connected(kind);
    const writer = new SocketWriter(socket, {receiveDrain: () => undefined});
    writer.writeText('learnt ');
    await turn();
    await turn();
    writer.writeText('one ');
    if (kind === 'tls') assert.equal(writer.writeBeforeTunnel('two'), false);
    await turn();
    await turn();
    assert.equal(writer.writeBeforeTunnel('three'), true);
    writer.end();
    assert.equal(String(await readToEnd(client)), 'learnt one three');
  });

  it('sends what it was given, when a reader in another process takes bytes at any moment', async () => {
    const server: Server = kind === 'tls' ? createTlsServer(certificate) : createTcpServer({noDelay: true});
    server.listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const reader = spawn(process.execPath, [READER, String((server.address() as AddressInfo).port), kind]);
    const [socket] = (await once(server, kind === 'tls' ? 'secureConnection' : 'connection')) as [Socket];
    let wake = (): void => undefined;
    const writer = new SocketWriter(socket, {receiveDrain: () => wake()});
    socket.on('drain', () => wake());
    const hash = createHash('sha256');
    const random = createRandom(3);
    // What sockets read into, used again and again.
    const bytes = SHARED_BUFFER;
    for (let sent = 0; sent < runs(48) * 2 ** 20; sent += bytes.length) {
      bytes.fill(random.below(256));
      hash.update(bytes);
      const half = random.below(2) === 0 ? 16_384 : bytes.length;
      for (let from = 0; from < bytes.length; from += half) {
        const room = new Promise<void>(resolve => (wake = resolve));
        if (!writer.writeBytes('', bytes.subarray(from, from + half))) await room;
      }
    }
    writer.end();
    const [printed] = await once(reader.stdout, 'data');
    assert.equal(String(printed), hash.digest('hex'));
  });

  it('survives a client that leaves in the middle', async () => {
    const {client, socket} = await connected(kind);
    for (const end of [client, socket]) end.on('error', () => undefined);
    const writer = new SocketWriter(socket, {receiveDrain: () => undefined});
    client.pause();
    for (let index = 0; index < 50; index++) {
      writer.writeText('x'.repeat(2_000));
      if (index === 5) client.destroy();
      await turn();
    }
    writer.end();
    socket.resume();
    while (!socket.destroyed) await turn();
  });
});
