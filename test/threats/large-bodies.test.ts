// Bodies larger than any buffer should be: they pass through, and the proxy's memory stays as it was.

import assert from 'node:assert/strict';
import {once} from 'node:events';
import {request as requestHttp} from 'node:http';
import {type ClientHttp2Stream, connect as connectHttp2} from 'node:http2';
import {request as requestHttps} from 'node:https';
import type {Socket} from 'node:net';
import {Readable} from 'node:stream';
import {connect as connectTls} from 'node:tls';
import {describe, it, onTestFinished} from 'vitest';
import {eventually} from '../helpers/eventually.js';
import {isSoak, scaled} from '../helpers/soak.js';
import {onEachHead} from '../proxy/conformance/scripted-upstream.js';
import {certificate, HOST, openTcp, startRawUpstream, startUpstream} from '../proxy/harness.js';
import {type ProxyProcess, startProxyProcess, untilTrue} from './proxy-process.js';

const MIB = 2 ** 20;
const BODY_BYTES = scaled(64, 1_024) * MIB;
/** The growth that is allowed, however long a body is. */
const MAX_GROWTH_BYTES = scaled(48, 96) * MIB;
const WARM_UP_BYTES = scaled(8, 64) * MIB;

const PIECE = Buffer.alloc(64 * 1024, 'tako');

/** So many bytes, as fast as they are taken. */
function* pieces(length: number): Generator<Buffer> {
  for (let left = length; left > 0; left -= PIECE.length) yield left < PIECE.length ? PIECE.subarray(0, left) : PIECE;
}

/** Answers with as many bytes as `?bytes=` says, or with how many came. */
const startApp = () =>
  startUpstream(async (request, response) => {
    const bytes = Number(new URL(request.url ?? '', 'http://app').searchParams.get('bytes'));
    if (bytes > 0) {
      Readable.from(pieces(bytes))
        .on('error', () => undefined)
        .pipe(response);
      return;
    }
    response.end(String(await countBytes(request)));
  });

async function countBytes(body: AsyncIterable<Buffer>): Promise<number> {
  let count = 0;
  for await (const chunk of body) count += chunk.length;
  return count;
}

/** One way to carry bodies: how many bytes came down, and how many the app says went up. */
type Transport = {
  down(proxy: ProxyProcess, bytes: number): Promise<number>;
  up(proxy: ProxyProcess, bytes: number): Promise<number>;
};

const http1 = (isSecure: boolean): Transport => {
  const open = ({plainPort, securePort}: ProxyProcess, method: string, path: string) =>
    isSecure
      ? requestHttps({port: securePort, host: '127.0.0.1', servername: HOST, ca: certificate.cert, method, path})
      : requestHttp({port: plainPort, host: '127.0.0.1', method, path});
  return {
    async down(proxy, bytes) {
      const request = open(proxy, 'GET', `/?bytes=${bytes}`).end();
      const [response] = await once(request, 'response');
      return countBytes(response);
    },
    async up(proxy, bytes) {
      const request = open(proxy, 'POST', '/');
      Readable.from(pieces(bytes)).pipe(request);
      const [response] = await once(request, 'response');
      return Number(await textOf(response));
    },
  };
};

const http2: Transport = {
  async down(proxy, bytes) {
    const stream = openStream(proxy, {':path': `/?bytes=${bytes}`});
    stream.end();
    return countBytes(stream);
  },
  async up(proxy, bytes) {
    const stream = openStream(proxy, {':path': '/', ':method': 'POST'});
    Readable.from(pieces(bytes)).pipe(stream);
    return Number(await textOf(stream));
  },
};

function openStream({securePort}: ProxyProcess, head: Record<string, string>): ClientHttp2Stream {
  const session = connectHttp2(`https://${HOST}:${securePort}`, {
    createConnection: () =>
      connectTls({port: securePort, host: '127.0.0.1', servername: HOST, ca: certificate.cert, ALPNProtocols: ['h2']}),
  });
  onTestFinished(() => session.destroy());
  return session.request(head, {endStream: false});
}

async function textOf(body: AsyncIterable<Buffer>): Promise<string> {
  let text = '';
  for await (const chunk of body) text += chunk;
  return text;
}

/** The most memory that the proxy had while something ran, over what it had before. */
async function growthDuring(proxy: ProxyProcess, run: () => Promise<void>): Promise<number> {
  const before = (await proxy.collect()).rss;
  let most = before;
  let isOver = false;
  const watching = (async () => {
    while (!isOver) {
      most = Math.max(most, (await proxy.look()).rss);
      await new Promise(resolve => setTimeout(resolve, 25));
    }
  })();
  await run().finally(() => {
    isOver = true;
  });
  await watching;
  return most - before;
}

const TRANSPORTS: Readonly<Record<string, Transport>> = {
  'plain HTTP/1.1': http1(false),
  ...(isSoak ? {'HTTP/1.1 over TLS': http1(true)} : {}),
  'HTTP/2': http2,
};

describe.each(Object.entries(TRANSPORTS))(`${BODY_BYTES / MIB} MiB over %s`, (name, {down, up}) => {
  it.each([
    ['down', down],
    ['up', up],
  ])('pass %s with memory flat', async (direction, pass) => {
    const proxy = await startProxyProcess({upstream: await startApp()});
    assert.equal(await pass(proxy, WARM_UP_BYTES), WARM_UP_BYTES);
    const growth = await growthDuring(proxy, async () => assert.equal(await pass(proxy, BODY_BYTES), BODY_BYTES));
    if (isSoak) console.log(`${name}, ${direction}: RSS grew by ${Math.round(growth / MIB)} MiB`);
    assert.ok(growth < MAX_GROWTH_BYTES, `RSS grew by ${Math.round(growth / MIB)} MiB`);
  });
});

/** What the proxy may hold for a client that does not read, whatever it asked for: its share of buffers in user space. */
const MAX_HELD_BYTES = 256 * 1024;

describe(`${scaled(30, 1_000)} clients that do not read`, () => {
  it('cost a bounded amount of memory each, and get all of their answer when they do', async () => {
    const length = 6 * MIB;
    // They are not cut off: however long it takes to open them all, that they wait costs a bounded amount of memory.
    const proxy = await startProxyProcess({upstream: await startHeavyApp(length), timeouts: {sendMs: 10 * 60_000}});
    const count = scaled(30, 1_000);
    const sockets: Socket[] = [];
    for (let index = 0; index < count; index++) sockets.push(await openTcp(proxy.plainPort));
    const received = sockets.map(() => 0);
    const before = await proxy.collect();
    const growth = await growthDuring(proxy, async () => {
      for (const [index, socket] of sockets.entries()) {
        socket.pause();
        socket.on('data', chunk => {
          received[index] = (received[index] ?? 0) + chunk.length;
        });
        socket.pause();
        socket.write(`GET / HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close\r\n\r\n`);
      }
      await eventually(async () => assert.equal((await proxy.look()).inFlight, count));
      await new Promise(resolve => setTimeout(resolve, 1_000));
    });
    const after = await proxy.collect();
    const heldForEach = Math.round((after.buffers + after.heap - before.buffers - before.heap) / count);
    if (isSoak) console.log(`${count} clients that do not read: ${heldForEach} bytes each, RSS grew by ${growth}`);
    assert.ok(heldForEach < MAX_HELD_BYTES, `${heldForEach} bytes are held for each`);
    for (const socket of sockets) socket.resume();
    const total = (): number => received.reduce((sum, bytes) => sum + bytes, 0);
    await untilTrue(() => sockets.every(socket => socket.closed), total);
    const short = received.filter(bytes => bytes < length);
    assert.deepEqual(short, []);
    await proxy.untilQuiet();
  });
});

/** Answers everything with so many bytes, and keeps none of them. */
const startHeavyApp = (length: number) =>
  startRawUpstream(socket => {
    onEachHead(socket, () => {
      let left = length;
      const pour = (): void => {
        while (left > 0 && socket.writable) {
          const piece = PIECE.subarray(0, Math.min(left, PIECE.length));
          left -= piece.length;
          if (!socket.write(piece)) break;
        }
      };
      socket.on('drain', pour);
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n`);
      pour();
    });
  });
