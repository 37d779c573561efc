// Connections that come and go in every way there is, and what is left of them: nothing.

import assert from 'node:assert/strict';
import {type ClientHttp2Session, connect as connectHttp2} from 'node:http2';
import {connect as connectTcp, type Socket} from 'node:net';
import {setTimeout as delay} from 'node:timers/promises';
import {connect as connectTls, createSecureContext} from 'node:tls';
import {describe, it, onTestFinished} from 'vitest';
import {createRandom, type Random} from '../helpers/random.js';
import {isSoak, scaled} from '../helpers/soak.js';
import {requires} from '../helpers/system-parts.js';
import {certificate, HOST, startUpstream} from '../proxy/harness.js';
import {type ProxyProcess, type Remains, startProxyProcess, untilTrue} from './proxy-process.js';

const SEED = 20_260_304;
const CONNECTIONS = scaled(500, 10_000);
/** Before it is measured, so that what is made once is made. */
const WARM_UP = scaled(300, 2_000);
const AT_A_TIME = 25;

/** More than caches and code that was compiled meanwhile take; a leak of a connection each would be several times that. */
const MAX_HEAP_GROWTH = scaled(3, 6) * 2 ** 20;
/** For each of the connections, at that: far less than one costs. */
const MAX_HEAP_GROWTH_EACH = 1_024;

const secureContext = createSecureContext({ca: certificate.cert});

/** Messages that are cut at a random byte; each could be the beginning of anything. */
const TEXTS: readonly string[] = [
  `GET /hello HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`,
  `GET /hello HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`.repeat(3),
  `GET /large HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`,
  `GET /slow HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`,
  `POST /hello HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: 2000\r\n\r\n${'b'.repeat(2_000)}`,
  `POST /hello HTTP/1.1\r\nHost: ${HOST}\r\nTransfer-Encoding: chunked\r\n\r\n64\r\n${'c'.repeat(100)}\r\n0\r\n\r\n`,
  `GET /gone HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`,
  `GET /upgrade HTTP/1.1\r\nHost: ${HOST}\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\nhello`,
  'nonsense\r\n\r\n',
];

const startApp = async () => {
  const upstream = await startUpstream((request, response) => {
    request.on('error', () => undefined).resume();
    if (request.url === '/gone') request.socket.resetAndDestroy();
    else if (request.url === '/large') response.end(Buffer.alloc(2 ** 20));
    else if (request.url === '/slow') setTimeout(() => response.end('slow'), 20);
    else request.on('end', () => response.end('hello'));
  });
  upstream.server.on('upgrade', (_, socket) => {
    socket.on('error', () => undefined);
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n');
    socket.pipe(socket);
  });
  return upstream;
};

/** One connection, from its beginning to an end of some kind. */
async function comeAndGo(proxy: ProxyProcess, random: Random): Promise<void> {
  const kind = random.below(4);
  if (kind === 0) return comeWithHttp2(proxy, random);
  const socket = kind === 1 ? openSecure(proxy, random) : openPlain(proxy);
  socket.on('error', () => undefined).on('data', () => undefined);
  const closed = new Promise(resolve => socket.once('close', resolve));
  const text = TEXTS[random.below(TEXTS.length)] ?? '';
  const isWhole = random.below(2) === 0;
  socket.write(isWhole ? text : text.slice(0, random.below(text.length)));
  await Promise.race([closed, delay(random.below(isWhole ? 40 : 10))]);
  leave(socket, random);
  await closed;
}

const openPlain = ({plainPort}: ProxyProcess): Socket =>
  connectTcp({port: plainPort, host: '127.0.0.1', noDelay: true});

/** Some of them leave in the middle of the handshake. */
function openSecure({securePort}: ProxyProcess, random: Random): Socket {
  if (random.below(4) === 0) return openPlain({plainPort: securePort} as ProxyProcess);
  return connectTls({port: securePort, host: '127.0.0.1', servername: HOST, secureContext});
}

function leave(socket: Socket, random: Random): void {
  const way = random.below(3);
  if (way === 0 && !('encrypted' in socket)) socket.resetAndDestroy();
  else if (way === 1) socket.destroySoon();
  else socket.destroy();
}

async function comeWithHttp2({securePort}: ProxyProcess, random: Random): Promise<void> {
  const session: ClientHttp2Session = connectHttp2(`https://${HOST}:${securePort}`, {
    createConnection: () =>
      connectTls({port: securePort, host: '127.0.0.1', servername: HOST, secureContext, ALPNProtocols: ['h2']}),
  });
  session.on('error', () => undefined);
  const closed = new Promise(resolve => session.once('close', resolve));
  for (const path of ['/hello', '/large', '/slow', '/gone'].slice(random.below(4))) {
    const stream = session.request({':path': path});
    stream.on('error', () => undefined).resume();
    if (random.below(3) === 0) setTimeout(() => stream.close(8), random.below(10));
  }
  await delay(random.below(40));
  session.destroy();
  await closed;
}

async function run(proxy: ProxyProcess, count: number, random: Random): Promise<void> {
  let left = count;
  const work = async (): Promise<void> => {
    while (left-- > 0) await comeAndGo(proxy, random);
  };
  await Promise.all(Array.from({length: AT_A_TIME}, work));
  await proxy.untilQuiet();
}

/** What is left when it is quiet; the last sweep may have to come by yet. */
async function remainsOf(proxy: ProxyProcess): Promise<Remains> {
  await proxy.untilQuiet();
  return proxy.collect();
}

describe.skipIf(requires('/proc'))(`${CONNECTIONS} connections that come and go`, () => {
  it('leave no socket, no timer, no descriptor and no memory behind', async () => {
    const upstream = await startApp();
    const proxy = await startProxyProcess({upstream});
    const random = createRandom(SEED);
    const clean = await proxy.collect();
    await run(proxy, WARM_UP, random);
    const before = await remainsOf(proxy);
    await run(proxy, CONNECTIONS, random);
    const after = await remainsOf(proxy);
    if (isSoak) console.log(`${CONNECTIONS} connections: the heap grew by ${after.heap - before.heap} bytes`);
    assert.deepEqual(after.resources, clean.resources);
    assert.equal(after.descriptors, clean.descriptors);
    const growth = after.heap - before.heap;
    assert.ok(
      growth < MAX_HEAP_GROWTH && growth < MAX_HEAP_GROWTH_EACH * CONNECTIONS * scaled(6, 1),
      `${growth} bytes`,
    );
    // The app's side agrees.
    const open = (): Promise<number> => new Promise(resolve => upstream.server.getConnections((_, n) => resolve(n)));
    await untilTrue(async () => (await open()) === 0);
  });
});

describe.skipIf(requires('/proc'))('a proxy that may open only few files', () => {
  it('turns away what is too much, lives on, and serves again when there is room', async () => {
    const proxy = await startProxyProcess({
      upstream: await startApp(),
      descriptors: 64,
      timeouts: {upstreamIdleMs: 1_000},
    });
    const sockets = Array.from({length: 200}, () => {
      const socket = openPlain(proxy);
      onTestFinished(() => void socket.destroy());
      socket.on('error', () => undefined).on('data', () => undefined);
      socket.write(`GET /slow HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
      return socket;
    });
    await untilTrue(() => sockets.some(socket => socket.closed));
    await proxy.look();
    for (const socket of sockets) socket.destroy();
    await proxy.untilQuiet(16);
    const answered = new Promise(resolve => {
      const socket = openPlain(proxy);
      onTestFinished(() => void socket.destroy());
      socket.on('data', chunk => resolve(String(chunk).split('\r\n')[0]));
      socket.write(`GET /hello HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
    });
    assert.equal(await answered, 'HTTP/1.1 200 OK');
  });
});
