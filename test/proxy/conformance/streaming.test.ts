// Groups H and I: what comes goes on at once, and what nobody takes is not read.

import assert from 'node:assert/strict';
import {createHash} from 'node:crypto';
import type {Readable, Writable} from 'node:stream';
import {setTimeout as delay} from 'node:timers/promises';
import {describe, it} from 'vitest';
import {isSoak} from '../../helpers/soak.js';
import {openTls, startGateway, startUpstream, untilIdle} from '../harness.js';
import {readAnswers} from './answers.js';
import {openClient, startPlayedUpstream, waitFor} from './exchanges.js';
import {chunk, get, head, post} from './vector.js';

const MIB = 2 ** 20;
const LARGE = (isSoak ? 1_024 : 24) * MIB;

async function ask(request: string) {
  const upstream = await startPlayedUpstream();
  const gateway = await startGateway({upstream});
  const client = await openClient(gateway);
  client.socket.write(request);
  const app = await upstream.accept();
  const seen = await app.until('\r\n\r\n');
  return {gateway, client, app, seen};
}

describe('a stream of events', () => {
  it.each([
    ['events', 'text/event-stream', (index: number) => `id: ${index}\ndata: ${index}\n\n`],
    ['comments', 'text/event-stream', (index: number) => `: ping ${index}\n\n`],
    ['lines of JSON', 'application/x-ndjson', (index: number) => `{"index":${index}}\n`],
    ['parts of a page', 'text/html', (index: number) => `<p>${index}</p>`],
  ])('delivers %s one by one', async (_, type, render) => {
    const {client, app} = await ask(get('Accept: text/event-stream'));
    app.socket.write(`HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\nTransfer-Encoding: chunked\r\n\r\n`);
    await client.until('\r\n\r\n');
    for (let index = 0; index < 50; index++) {
      app.socket.write(chunk(render(index)));
      // The next is only sent when this one has arrived: nothing is kept back.
      await client.until(render(index));
    }
    app.socket.write('0\r\n\r\n');
    await client.until('\r\n0\r\n\r\n');
  });

  it('delivers its bytes one by one', async () => {
    const {client, app} = await ask(get());
    app.socket.write('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n');
    const text = 'data: byte by byte\n\n';
    for (const [index, byte] of [...text].entries()) {
      app.socket.write(chunk(byte));
      const sent = text.slice(0, index + 1);
      await waitFor(
        () => readAnswers(client.received()).answers[0]?.body === sent,
        () => JSON.stringify(sent),
      );
    }
  });

  it('delivers what has neither length nor chunks as it comes', async () => {
    const {client, app} = await ask(get());
    app.socket.write('HTTP/1.1 200 OK\r\n\r\n');
    await client.until('\r\n\r\n');
    for (let index = 0; index < 20; index++) {
      app.socket.write(`part ${index};`);
      await client.until(`part ${index};`);
    }
    app.socket.end();
    await client.until('\r\n0\r\n\r\n');
  });

  it('delivers the parts of a body of a length as they come', async () => {
    const {client, app} = await ask(get());
    app.socket.write('HTTP/1.1 200 OK\r\nContent-Length: 60\r\n\r\n');
    for (let index = 0; index < 6; index++) {
      app.socket.write(`part ${index};   `);
      await client.until(`part ${index};`);
    }
  });

  it('passes Last-Event-ID', async () => {
    const {seen} = await ask(get('Accept: text/event-stream', 'Last-Event-ID: 41'));
    assert.match(seen, /\r\nLast-Event-ID: 41\r\n/);
  });

  it('ends for the app when the client leaves', async () => {
    const {gateway, client, app} = await ask(get());
    app.socket.write('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n');
    app.socket.write(chunk('data: 1\n\n'));
    await client.until('data: 1');
    client.socket.end();
    await app.closed();
    await untilIdle(gateway);
  });
});

describe('an upload', () => {
  it.each([
    ['in chunks', 'Transfer-Encoding: chunked', chunk],
    ['of a length', 'Content-Length: 1000', (text: string) => text],
  ])('%s reaches the app part by part', async (_, framing, render) => {
    const {client, app} = await ask(post([framing]));
    for (let index = 0; index < 20; index++) {
      client.socket.write(render(`part ${index};`));
      await app.until(`part ${index};`);
    }
  });
});

describe('a large body', () => {
  it('goes down byte for byte', async () => {
    const upstream = await startUpstream((_, response) => void pump(response, LARGE));
    const gateway = await startGateway({upstream});
    const client = await openTls(gateway);
    client.write(get('Connection: close'));
    assert.equal(await hashBehindHead(client), hashOfPattern(LARGE));
    await untilIdle(gateway);
  }, 300_000);

  it('goes up byte for byte', async () => {
    const upstream = await startUpstream(async (request, response) => response.end(await hashOf(request)));
    const gateway = await startGateway({upstream});
    const client = await openClient(gateway);
    client.socket.write(head('PUT / HTTP/1.1', `Content-Length: ${LARGE}`));
    await pump(client.socket, LARGE, false);
    await client.until(hashOfPattern(LARGE));
    await untilIdle(gateway);
  }, 300_000);

  it('that the client does not take is not read from the app', async () => {
    const {gateway, client, app} = await ask(get());
    client.socket.pause();
    app.socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
    assert.ok((await writeUntilStuck(app.socket, Buffer.from(chunk('x'.repeat(65_000))))) < MAX_BUFFERED);
    client.socket.destroy();
    await app.closed();
    await untilIdle(gateway);
  });

  it('that the app does not take is not read from the client', async () => {
    const {gateway, client, app} = await ask(post(['Transfer-Encoding: chunked']));
    app.socket.pause();
    assert.ok((await writeUntilStuck(client.socket, Buffer.from(chunk('x'.repeat(65_000))))) < MAX_BUFFERED);
    client.socket.destroy();
    app.socket.resume();
    await app.closed();
    await untilIdle(gateway);
  });
});

/** What two connections of the system hold at most (tcp_rmem and tcp_wmem), and streams a little. */
const MAX_BUFFERED = 32 * MIB;

/** Writes until the other side takes no more; how many bytes were taken. */
async function writeUntilStuck(writable: Writable, piece: Buffer): Promise<number> {
  let written = 0;
  while (written < MAX_BUFFERED) {
    const hasRoom = writable.write(piece);
    written += piece.length;
    if (!hasRoom && !(await drains(writable))) break;
  }
  return written;
}

const STUCK_MS = 300;

const drains = (writable: Writable): Promise<boolean> =>
  Promise.race([new Promise<boolean>(resolve => writable.once('drain', () => resolve(true))), delay(STUCK_MS, false)]);

/** Bytes that differ from place to place. */
const pieceAt = (offset: number): Buffer => Buffer.alloc(65_536, `${offset};`);

async function pump(writable: Writable, size: number, ends = true): Promise<void> {
  for (let offset = 0; offset < size; offset += 65_536) {
    if (!writable.write(pieceAt(offset))) await new Promise(resolve => writable.once('drain', resolve));
  }
  if (ends) writable.end();
}

function hashOfPattern(size: number): string {
  const hash = createHash('sha256');
  for (let offset = 0; offset < size; offset += 65_536) hash.update(pieceAt(offset));
  return hash.digest('hex');
}

async function hashOf(readable: Readable): Promise<string> {
  const hash = createHash('sha256');
  for await (const bytes of readable) hash.update(bytes);
  return hash.digest('hex');
}

/** Of a body in chunks, without keeping it. */
async function hashBehindHead(readable: Readable): Promise<string> {
  const hash = createHash('sha256');
  const unchunk = createUnchunker(bytes => hash.update(bytes));
  let head: Buffer | undefined = Buffer.alloc(0);
  for await (const bytes of readable) {
    if (!head) {
      unchunk(bytes);
      continue;
    }
    head = Buffer.concat([head, bytes]);
    const end = head.indexOf('\r\n\r\n');
    if (end === -1) continue;
    unchunk(head.subarray(end + 4));
    head = undefined;
  }
  return hash.digest('hex');
}

/** Undoes chunks as they come. */
function createUnchunker(onData: (bytes: Buffer) => void): (bytes: Buffer) => void {
  let pending: Buffer = Buffer.alloc(0);
  let left = 0;
  return bytes => {
    pending = pending.length === 0 ? bytes : Buffer.concat([pending, bytes]);
    while (pending.length > 0) {
      if (left > 2) {
        const data = pending.subarray(0, Math.min(left - 2, pending.length));
        onData(data);
        pending = pending.subarray(data.length);
        left -= data.length;
        continue;
      }
      if (left > 0 && pending.length < left) return;
      const start = left;
      const end = pending.indexOf('\r\n', start);
      if (end === -1) return;
      left = Number.parseInt(pending.subarray(start, end).toString('latin1'), 16) + 2;
      pending = pending.subarray(end + 2);
      if (left === 2) return;
    }
  };
}
