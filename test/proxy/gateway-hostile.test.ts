// Clients that mean harm or know no better. Whatever they send, the process lives on and serves the next one.

import assert from 'node:assert/strict';
import {once} from 'node:events';
import {connect as connectHttp2} from 'node:http2';
import type {Socket} from 'node:net';
import fc from 'fast-check';
import {afterAll, beforeAll, describe, it, onTestFinished} from 'vitest';
import type {Gateway} from '../../src/proxy/gateway.js';
import {
  fetchHttp1,
  fetchHttp2,
  HOST,
  openHttp2,
  openTcp,
  openTls,
  readAll,
  readUntil,
  startGateway,
  startRawUpstream,
  startUpstream,
  untilIdle,
} from './harness.js';

const SEED = 20_260_101;

const crashes: unknown[] = [];
const remember = (error: unknown): void => void crashes.push(error);

beforeAll(() => {
  process.on('uncaughtException', remember);
  process.on('unhandledRejection', remember);
});

afterAll(() => {
  process.off('uncaughtException', remember);
  process.off('unhandledRejection', remember);
  assert.deepEqual(crashes, []);
});

const startGreeter = async (): Promise<Gateway> =>
  startGateway({upstream: await startUpstream((_, response) => response.end('hello'))});

/** Serves as before, with nothing left over from those who misbehaved. */
async function assertServes(gateway: Gateway): Promise<void> {
  assert.equal((await fetchHttp1(gateway)).body, 'hello');
  assert.equal((await fetchHttp2(openHttp2(gateway))).body, 'hello');
  await untilIdle(gateway);
  assert.deepEqual(crashes, []);
}

/** Sends the bytes and waits until the other side is done with them: it answers or closes. */
async function throwAt(socket: Socket, bytes: Buffer): Promise<void> {
  const over = Promise.race([once(socket, 'data'), once(socket, 'close')]).catch(() => undefined);
  socket.write(bytes);
  socket.end();
  await over;
  socket.destroy();
}

describe('bytes on the wrong port', () => {
  it('of plain HTTP on the HTTPS port end the connection', async () => {
    const gateway = await startGreeter();
    const socket = await openTcp(gateway.https.port);
    socket.write('GET / HTTP/1.1\r\nHost: app.test\r\n\r\n');
    assert.doesNotMatch(await readAll(socket), /HTTP\/1\.1 200/);
    await assertServes(gateway);
  });

  it('of TLS on the HTTP port are answered 400', async () => {
    const gateway = await startGreeter();
    const hello = Buffer.from('16030100a5010000a10303', 'hex');
    const socket = await openTcp(gateway.http.port);
    socket.write(Buffer.concat([hello, Buffer.alloc(200, 7)]));
    assert.match(await readAll(socket), /^HTTP\/1\.1 400 /);
    await assertServes(gateway);
  });

  it('of HTTP/2 on the HTTP port are refused', async () => {
    const gateway = await startGreeter();
    const socket = await openTcp(gateway.http.port);
    socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    assert.doesNotMatch(await readAll(socket), /^HTTP\/1\.1 [23]/);
    await assertServes(gateway);
  });

  it('of HTTP/1.1 where HTTP/2 was agreed, and the other way round, end the connection', async () => {
    const gateway = await startGreeter();
    const http2 = await openTls(gateway, ['h2']);
    http2.write('GET / HTTP/1.1\r\nHost: app.test\r\n\r\n');
    await readAll(http2);
    const http1 = await openTls(gateway, ['http/1.1']);
    http1.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    await readAll(http1);
    await assertServes(gateway);
  });
});

describe('random bytes', () => {
  it('at the HTTP port', async () => {
    const gateway = await startGreeter();
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({minLength: 1, maxLength: 300}), async bytes => {
        await throwAt(await openTcp(gateway.http.port), Buffer.from(bytes));
      }),
      {seed: SEED, numRuns: 150, endOnFailure: true},
    );
    await assertServes(gateway);
  });

  it('at the HTTPS port, before and after the handshake, over both versions', async () => {
    const gateway = await startGreeter();
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({minLength: 1, maxLength: 300}),
        fc.constantFrom('tcp', 'http/1.1', 'h2', 'h2 preface'),
        async (bytes, stage) => {
          const prefix = stage === 'h2 preface' ? 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0' : '';
          const socket =
            stage === 'tcp' ? await openTcp(gateway.https.port) : await openTls(gateway, [stage.replace(/ .*/, '')]);
          await throwAt(socket, Buffer.concat([Buffer.from(prefix, 'latin1'), bytes]));
        },
      ),
      {seed: SEED, numRuns: 150, endOnFailure: true},
    );
    await assertServes(gateway);
  });

  it('as the answer of an app', async () => {
    let next: Buffer = Buffer.alloc(0);
    const upstream = await startRawUpstream(socket => socket.once('data', () => socket.end(next)));
    const gateway = await startGateway({upstream});
    const session = openHttp2(gateway);
    const noise = fc.oneof(
      fc.uint8Array({maxLength: 200}).map(bytes => Buffer.from(bytes)),
      fc.uint8Array({maxLength: 100}).map(bytes => Buffer.concat([Buffer.from('HTTP/1.1 200 OK\r\n'), bytes])),
      mutated(
        'HTTP/1.1 103 Early\r\nLink: </a>; rel=preload\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\nSet-Cookie: a\r\nConnection: x\r\n\r\nhello',
      ),
      mutated('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: a\r\n\r\n5\r\nhello\r\n0\r\na: b\r\n\r\n'),
      mutated('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'),
    );
    await fc.assert(
      fc.asyncProperty(noise, fc.boolean(), async (bytes, isHttp2) => {
        next = bytes;
        await (isHttp2 ? fetchHttp2(session) : fetchHttp1(gateway)).catch(() => undefined);
      }),
      {seed: SEED, numRuns: 300, endOnFailure: true},
    );
    await untilIdle(gateway);
    assert.deepEqual(crashes, []);
  });
});

describe('requests with something wrong in them', () => {
  const VALID = [
    'POST /a/b?c=d HTTP/1.1\r\nHost: app.test\r\nContent-Length: 5\r\nConnection: keep-alive, x\r\n\r\nhello',
    'POST / HTTP/1.1\r\nHost: app.test\r\nTransfer-Encoding: chunked\r\nTrailer: x\r\n\r\n5;a=b\r\nhello\r\n0\r\nx: y\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: app.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n',
    'GET /1 HTTP/1.1\r\nHost: app.test\r\n\r\nPUT /2 HTTP/1.1\r\nHost: app.test\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx',
    'HEAD / HTTP/1.0\r\nHost: app.test\r\nAccept: text/html\r\n\r\n',
  ];

  it('are answered or refused, and nothing else suffers', async () => {
    const gateway = await startGreeter();
    await fc.assert(
      fc.asyncProperty(fc.oneof(...VALID.map(mutated)), fc.boolean(), async (bytes, isSecure) => {
        await throwAt(isSecure ? await openTls(gateway) : await openTcp(gateway.http.port), bytes);
      }),
      {seed: SEED, numRuns: 300, endOnFailure: true},
    );
    await assertServes(gateway);
  });

  it('come out the same however they are cut into packets', async () => {
    const upstream = await startUpstream(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      response.end(`[${request.method} ${request.url} ${body}]`);
    });
    const gateway = await startGateway({upstream});
    const text = `${VALID[1]}GET /last HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n`;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(text.length), {maxLength: 6}), async cuts => {
        const socket = await openTls(gateway);
        const answer = readAll(socket);
        const edges = [0, ...cuts.toSorted((a, b) => a - b), text.length];
        for (const [index, edge] of edges.entries()) {
          // Each write is a TLS record of its own, and so is each read on the other side.
          await new Promise(resolve => socket.write(text.slice(edges[index - 1] ?? 0, edge) || '', resolve));
        }
        assert.deepEqual((await answer).match(/\[.*?\]/g), ['[POST / hello]', '[GET /last ]']);
      }),
      {seed: SEED, numRuns: 60},
    );
  });
});

describe('a connection that is reset', () => {
  const STAGES: readonly [stage: string, text: string][] = [
    ['at once', ''],
    ['in the request line', 'GET /a'],
    ['in the head', 'GET / HTTP/1.1\r\nHost: app'],
    ['in the body', 'POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 10\r\n\r\nhello'],
    ['in a chunk', 'POST / HTTP/1.1\r\nHost: app.test\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nhello'],
    ['behind the request', 'GET / HTTP/1.1\r\nHost: app.test\r\n\r\n'],
    ['behind an upgrade', 'GET / HTTP/1.1\r\nHost: app.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'],
    ['behind many requests', 'GET / HTTP/1.1\r\nHost: app.test\r\n\r\n'.repeat(20)],
  ];

  it.each(STAGES)('%s harms nobody', async (_, text) => {
    const gateway = await startGreeter();
    for (const port of [gateway.http.port, gateway.https.port]) {
      const bare = await openTcp(port);
      bare.write(text);
      bare.resetAndDestroy();
    }
    const tls = await openTls(gateway);
    if (text) await new Promise(resolve => tls.write(text, resolve));
    tls.destroy();
    await assertServes(gateway);
  });

  it('in the middle of a handshake harms nobody', async () => {
    const gateway = await startGreeter();
    const hello = Buffer.from('160301020001', 'hex');
    for (let length = 1; length <= hello.length; length++) {
      const socket = await openTcp(gateway.https.port);
      await new Promise(resolve => socket.write(hello.subarray(0, length), resolve));
      socket.resetAndDestroy();
    }
    await assertServes(gateway);
  });

  it('by an HTTP/2 client with many requests under way harms nobody', async () => {
    const held: (() => void)[] = [];
    const upstream = await startUpstream((request, response) => {
      if (request.url === '/hold') held.push(() => response.end());
      else response.end('hello');
    });
    const gateway = await startGateway({upstream});
    const socket = await openTls(gateway, ['h2']);
    const session = connectHttp2(`https://${HOST}`, {createConnection: () => socket});
    session.on('error', () => undefined);
    onTestFinished(() => session.destroy());
    for (let index = 0; index < 50; index++) {
      const stream = session.request({':method': 'POST', ':path': '/hold', ':authority': HOST});
      stream.on('error', () => undefined);
      stream.write('some of a body');
    }
    while (held.length < 50) await once(upstream.server, 'request');
    socket.destroy();
    await untilIdle(gateway);
    for (const answer of held) answer();
    await assertServes(gateway);
  });
});

describe('a client that cancels a lot', () => {
  it('as a browser does over hot reload keeps its HTTP/2 connection', async () => {
    const gateway = await startGreeter();
    const session = openHttp2(gateway);
    for (let round = 0; round < 15; round++) {
      const streams = Array.from({length: 100}, () => session.request({':path': '/', ':authority': HOST}));
      const closed = streams.map(async stream => {
        stream.on('error', () => undefined);
        stream.resume();
        stream.close(8);
        if (!stream.closed || !stream.destroyed) await once(stream, 'close');
      });
      await Promise.all(closed);
    }
    assert.equal((await fetchHttp2(session)).body, 'hello');
    await untilIdle(gateway);
  });
});

describe('an app that misbehaves', () => {
  it('by sending more than it said is not believed', async () => {
    const upstream = await startRawUpstream(socket =>
      socket.on('data', () =>
        socket.write(
          'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison',
        ),
      ),
    );
    const gateway = await startGateway({upstream});
    for (let index = 0; index < 5; index++) assert.equal((await fetchHttp1(gateway)).body, 'ok');
  });

  it('by speaking on an idle connection is not believed', async () => {
    const sockets: Socket[] = [];
    const upstream = await startRawUpstream(socket => {
      sockets.push(socket);
      socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'));
    });
    const gateway = await startGateway({upstream});
    assert.equal((await fetchHttp1(gateway)).body, 'ok');
    const [first] = sockets;
    assert.ok(first);
    const closed = once(first, 'close');
    first.write('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison');
    await closed;
    assert.equal((await fetchHttp1(gateway)).body, 'ok');
  });

  it('by resetting an idle connection costs nobody an answer', async () => {
    const sockets: Socket[] = [];
    const upstream = await startRawUpstream(socket => {
      sockets.push(socket);
      socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'));
    });
    const gateway = await startGateway({upstream});
    for (let index = 0; index < 20; index++) {
      assert.equal((await fetchHttp1(gateway)).body, 'ok');
      sockets.at(-1)?.resetAndDestroy();
    }
  });

  it('by closing a tunnel with bytes on their way harms nobody', async () => {
    const upstream = await startRawUpstream(socket =>
      socket.once('data', () => {
        socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nwords');
        socket.once('data', () => socket.resetAndDestroy());
      }),
    );
    const gateway = await startGateway({upstream});
    const client = await openTls(gateway);
    client.write('GET / HTTP/1.1\r\nHost: app.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    await readUntil(client, 'words');
    const closed = readAll(client);
    client.write(Buffer.alloc(1_000_000));
    await closed;
    await untilIdle(gateway);
    assert.deepEqual(crashes, []);
  });
});

/** The text with up to three bytes changed, removed, doubled, or the end cut off. */
function mutated(text: string): fc.Arbitrary<Buffer> {
  const mutation = fc.record({
    kind: fc.constantFrom('change', 'remove', 'double', 'cut', 'insert'),
    at: fc.nat(text.length - 1),
    byte: fc.oneof(fc.constantFrom(0, 9, 10, 13, 32, 44, 58, 64, 127, 255), fc.nat(255)),
  });
  return fc.array(mutation, {maxLength: 3}).map(mutations => {
    let bytes: Buffer = Buffer.from(text, 'latin1');
    for (const {kind, at, byte} of mutations) bytes = mutate(bytes, kind, at, byte);
    return bytes;
  });
}

function mutate(bytes: Buffer, kind: string, at: number, byte: number): Buffer {
  const [before, rest] = [bytes.subarray(0, at), bytes.subarray(at)];
  switch (kind) {
    case 'change':
      return Buffer.concat([before, Buffer.of(byte), rest.subarray(1)]);
    case 'remove':
      return Buffer.concat([before, rest.subarray(1)]);
    case 'double':
      return Buffer.concat([before, rest.subarray(0, 20), rest]);
    case 'cut':
      return Buffer.from(before);
    default:
      return Buffer.concat([before, Buffer.of(byte), rest]);
  }
}
