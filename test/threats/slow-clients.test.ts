// Clients that hold a connection and do nothing with it, many at a time. Each ends by its timeout, and while they are
// there others are served as if they were not.

import assert from 'node:assert/strict';
import {connect as connectTcp, type Socket} from 'node:net';
import {setTimeout as delay} from 'node:timers/promises';
import {connect as connectTls, createSecureContext, type TLSSocket} from 'node:tls';
import {describe, it, onTestFinished} from 'vitest';
import {scaled} from '../helpers/soak.js';
import {onEachHead} from '../proxy/conformance/scripted-upstream.js';
import {certificate, HOST, openTcp, readAll, readUntil, startRawUpstream} from '../proxy/harness.js';
import {ask, startProbe} from './probe.js';
import {startProxyHere} from './proxy-here.js';
import {connectionsIn, type ProxyProcess, startProxyProcess, untilTrue} from './proxy-process.js';

const MIB = 2 ** 20;

const secureContext = createSecureContext({ca: certificate.cert});

/** Opened at a time: the backlog of a listener is no part of the test. */
const OPENED_AT_ONCE = 200;

/** An attacker's connection, and what came of it. */
type Attack = {readonly received: () => string; readonly closed: Promise<void>; readonly socket: Socket};

function watch(socket: Socket): Attack {
  let received = '';
  socket.on('data', bytes => {
    received += bytes.toString('latin1');
  });
  socket.on('error', () => undefined);
  return {socket, received: () => received, closed: new Promise(resolve => socket.once('close', () => resolve()))};
}

/** Opens many connections, some at a time; all of them end with the test. */
async function openMany(count: number, open: (index: number) => Promise<Attack>): Promise<readonly Attack[]> {
  const attacks: Attack[] = [];
  onTestFinished(() => {
    for (const {socket} of attacks) socket.destroy();
  });
  while (attacks.length < count) {
    const wave = Math.min(OPENED_AT_ONCE, count - attacks.length);
    attacks.push(...(await Promise.all(Array.from({length: wave}, (_, index) => open(attacks.length + index)))));
  }
  return attacks;
}

async function openPlain({plainPort}: ProxyProcess): Promise<Attack> {
  const socket = connectTcp({port: plainPort, host: '127.0.0.1', noDelay: true});
  await connected(socket, 'connect');
  return watch(socket);
}

async function openSecure({securePort}: ProxyProcess): Promise<Attack> {
  const socket: TLSSocket = connectTls({
    port: securePort,
    host: '127.0.0.1',
    servername: HOST,
    secureContext,
    ALPNProtocols: ['http/1.1'],
  });
  await connected(socket, 'secureConnect');
  return watch(socket);
}

const connected = (socket: Socket, event: string): Promise<void> =>
  new Promise((resolve, reject) => {
    socket.once(event, () => resolve()).once('error', reject);
  });

/** Sends the text one byte at a time until the other side says something. */
async function drip({socket, received}: Attack, text: string, everyMs: number): Promise<void> {
  for (const byte of text) {
    if (received() !== '' || !socket.writable) return;
    socket.write(byte);
    await delay(everyMs);
  }
}

/** How an attack ended, in a word. */
const endOf = ({received}: Attack): string => /^HTTP\/1\.1 (\d+)/.exec(received())?.[1] ?? (received() || 'closed');

function countEach(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}

/** Answers `/hello`, never stops answering `/endless`, and never answers anything else. */
const startApp = () =>
  startRawUpstream(socket => {
    onEachHead(socket, head => {
      const target = head.split(' ')[1];
      if (target === '/hello') socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello');
      if (target === '/endless') pourInto(socket);
    });
  });

/** Answers everything with so many bytes. */
const startLargeAnswers = (length: number) =>
  startRawUpstream(socket => {
    const answer = Buffer.concat([
      Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n`),
      Buffer.alloc(length, 'x'),
    ]);
    onEachHead(socket, () => void socket.write(answer));
  });

function pourInto(socket: Socket): void {
  const chunk = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(0x10000, 'x'), Buffer.from('\r\n')]);
  const pour = (): void => {
    while (socket.writable && socket.write(chunk));
  };
  socket.on('drain', pour);
  socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
  pour();
}

const HEAD = `GET /hello HTTP/1.1\r\nHost: ${HOST}\r\nX-Slow: ${'a'.repeat(1_000)}\r\n\r\n`;
const upload = (fields: string): string => `POST /never HTTP/1.1\r\nHost: ${HOST}\r\n${fields}\r\n\r\n`;

describe('many heads that come byte by byte', () => {
  it('end with 408, and others are served meanwhile', async () => {
    const app = await startApp();
    const everyMs = scaled(100, 1_000);
    const proxy = await startProxyProcess({upstream: app, timeouts: {headMs: scaled(2_000, 10_000)}});
    const probe = startProbe(proxy.plainPort);
    const attacks = await openMany(scaled(300, 10_000), async () => {
      const attack = await openPlain(proxy);
      void drip(attack, HEAD, everyMs);
      return attack;
    });
    await Promise.all(attacks.map(({closed}) => closed));
    assert.deepEqual(countEach(attacks.map(endOf)), {408: attacks.length});
    await probe.stop();
    await proxy.untilQuiet();
    assert.ok(!app.received().includes('X-Slow'));
  });
});

/** From a connection of each kind to its end. */
const KINDS: Readonly<Record<string, {readonly end: string; open(proxy: ProxyProcess): Promise<Attack>}>> = {
  'no hello': {end: 'closed', open: openPlainTo},
  'half a hello': {end: 'closed', open: proxy => openPlainTo(proxy, HALF_HELLO)},
  'a hello byte by byte': {end: 'closed', open: proxy => openPlainTo(proxy, undefined, HALF_HELLO)},
  'nothing after the handshake': {end: 'closed', open: openSecure},
  'half a head': {end: '408', open: proxy => openSecureWith(proxy, HEAD.slice(0, 30))},
  'nothing after an answer': {
    end: '200',
    open: proxy => openSecureWith(proxy, `GET /hello HTTP/1.1\r\nHost: a\r\n\r\n`),
  },
  'half a head after an answer': {
    end: '200',
    open: proxy => openSecureWith(proxy, `GET /hello HTTP/1.1\r\nHost: a\r\n\r\nGET `),
  },
  'a body byte by byte': {
    end: '408',
    open: proxy => openSecureWith(proxy, upload('Content-Length: 1000'), 'b'.repeat(900)),
  },
  'a stalled body': {end: '408', open: proxy => openSecureWith(proxy, `${upload('Content-Length: 1000')}body`)},
  'a stalled chunk': {
    end: '408',
    open: proxy => openSecureWith(proxy, `${upload('Transfer-Encoding: chunked')}10\r\nbody`),
  },
  'chunk sizes byte by byte': {
    end: '408',
    open: proxy => openSecureWith(proxy, upload('Transfer-Encoding: chunked'), '1\r\na\r\n'.repeat(100)),
  },
  'trailers byte by byte': {
    end: '408',
    open: proxy => openSecureWith(proxy, `${upload('Transfer-Encoding: chunked')}0\r\n`, `X: ${'a'.repeat(500)}`),
  },
};

/** The beginning of a handshake: a record of TLS that says that 512 bytes follow. */
const HALF_HELLO = `\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03${'r'.repeat(32)}`;

async function openPlainTo({securePort}: ProxyProcess, text = '', slowly = ''): Promise<Attack> {
  const socket = connectTcp({port: securePort, host: '127.0.0.1', noDelay: true});
  await connected(socket, 'connect');
  const attack = watch(socket);
  socket.write(text, 'latin1');
  void drip(attack, slowly, 100);
  return attack;
}

async function openSecureWith(proxy: ProxyProcess, text: string, slowly = ''): Promise<Attack> {
  const attack = await openSecure(proxy);
  attack.socket.write(text);
  void drip(attack, slowly, 100);
  return attack;
}

describe('clients that stop, or hardly go on', () => {
  it('are let go of by the timeout for where they stopped, and others are served meanwhile', async () => {
    const limitMs = scaled(2_000, 15_000);
    const proxy = await startProxyProcess({
      upstream: await startApp(),
      handshakeTimeoutMs: limitMs,
      timeouts: {headMs: limitMs, idleMs: limitMs, bodyRateWindowMs: limitMs},
    });
    const probe = startProbe(proxy.plainPort);
    const kinds = Object.entries(KINDS);
    const all = await openMany(kinds.length * scaled(12, 417), index => {
      const [, {open}] = kinds[index % kinds.length] as (typeof kinds)[number];
      return open(proxy);
    });
    await Promise.all(all.map(({closed}) => closed));
    const ends = kinds.map(([name], kind) => [
      name,
      countEach(all.filter((_, index) => index % kinds.length === kind).map(endOf)),
    ]);
    const each = all.length / kinds.length;
    assert.deepEqual(
      ends,
      kinds.map(([name, {end}]) => [name, {[end]: each}]),
    );
    await probe.stop();
    await proxy.untilQuiet();
  });
});

describe('clients that never read', () => {
  it('an answer without end are cut off, and so is the app', async () => {
    const app = await startApp();
    const proxy = await startProxyProcess({upstream: app, timeouts: {sendMs: 2_000}});
    const probe = startProbe(proxy.plainPort);
    const attacks = await openMany(scaled(20, 1_000), async index => {
      const attack = await (index % 2 === 0 ? openPlain(proxy) : openSecure(proxy));
      attack.socket.pause();
      attack.socket.write(`GET /endless HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
      return attack;
    });
    await probe.stop();
    await proxy.untilQuiet();
    for (const {socket} of attacks) socket.resume();
    await Promise.all(attacks.map(({closed}) => closed));
    for (const {received} of attacks) assert.ok(!received().endsWith('0\r\n\r\n'));
  });

  it.each([
    ['the end of its only answer', '', 1],
    ['the end of an answer behind which the connection closes', 'Connection: close\r\n', 1],
    ['answers to requests sent all at once', '', 400],
  ])('%s are cut off', async (_, fields, requests) => {
    const proxy = await startProxyProcess({
      upstream: await startLargeAnswers(requests === 1 ? 16 * MIB : 50_000),
      timeouts: {sendMs: 1_000, idleMs: 1_000},
    });
    const attack = await openPlain(proxy);
    attack.socket.pause();
    attack.socket.write(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n${fields}\r\n`.repeat(requests));
    await untilTrue(async () => connectionsIn((await proxy.look()).resources) > 0);
    await proxy.untilQuiet();
  });

  it('what they ask for many times do not make the proxy keep it all', async () => {
    const proxy = await startProxyProcess({upstream: await startLargeAnswers(50_000)});
    const probe = startProbe(proxy.plainPort);
    const before = await proxy.collect();
    const attacks = await openMany(scaled(4, 20), async () => {
      const attack = await openPlain(proxy);
      attack.socket.pause();
      attack.socket.write(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`.repeat(2_000));
      return attack;
    });
    await delay(2_000);
    await probe.stop();
    const {rss} = await proxy.collect();
    const keptForEach = (rss - before.rss) / attacks.length;
    assert.ok(keptForEach < 8 * MIB, `${Math.round(keptForEach / MIB)} MiB are kept for each`);
  });

  it('leave nothing behind that would hold back the answers of others', async () => {
    const app = await startLargeAnswers(60_000);
    const {plainPort} = await startProxyHere({upstream: app});
    const attack = watch(await openTcp(plainPort));
    attack.socket.pause();
    // Somewhere among them is the one whose answer the system no longer takes in one piece.
    for (let index = 1; index <= 150; index++) {
      attack.socket.write(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
      await delay(2);
      assert.equal(await ask(plainPort, '/', false), 200);
    }
  });
});

describe('clients that read slowly', () => {
  it.each(['1.0', '1.1'])('get all of an answer behind which their connection closes, in HTTP/%s', async version => {
    const body = Buffer.alloc(24 * MIB, 'x');
    const {plainPort} = await startProxyHere({
      requestFilter(session) {
        session.respond(200, {'content-type': 'text/plain'}, body);
        return true;
      },
    });
    const socket = await openTcp(plainPort);
    socket.write(`GET / HTTP/${version}\r\nHost: ${HOST}\r\nConnection: close\r\n\r\n`);
    await readUntil(socket, '\r\n\r\n');
    // Longer than a connection lingers that is to be closed.
    await delay(4_000);
    const rest = await readAll(socket);
    assert.ok(rest.length > body.length - MIB, `${rest.length} of ${body.length} bytes came`);
  });
});
