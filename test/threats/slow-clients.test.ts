// Clients that hold a connection and do nothing with it, many at a time. Each ends by its timeout, and while they are
// there others are served as if they were not.

import assert from 'node:assert/strict';
import {connect as connectTcp} from 'node:net';
import {setTimeout as delay} from 'node:timers/promises';
import {describe, it} from 'vitest';
import {scaled} from '../helpers/soak.js';
import {HOST} from '../proxy/harness.js';
import {type Attack, connected, openMany, openPlain, openSecure, startApp, untilClosed, watch} from './attack.js';
import {startProbe} from './probe.js';
import {type ProxyProcess, startProxyProcess} from './proxy-process.js';

/** Between two bytes: far below any rate that is let pass, and so that thousands of clients are not a load of their own. */
const DRIP_MS = scaled(100, 2_500);

/** Sends the text one byte at a time until the other side says something. */
async function drip({socket, received}: Attack, text: string): Promise<void> {
  for (const byte of text) {
    if (received() !== '' || !socket.writable) return;
    socket.write(byte);
    await delay(DRIP_MS);
  }
}

/** How an attack ended, in a word. */
const endOf = ({received}: Attack): string => /^HTTP\/1\.1 (\d+)/.exec(received())?.[1] ?? (received() || 'closed');

function countEach(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}

const HEAD = `GET /hello HTTP/1.1\r\nHost: ${HOST}\r\nX-Slow: ${'a'.repeat(1_000)}\r\n\r\n`;
const upload = (fields: string): string => `POST /never HTTP/1.1\r\nHost: ${HOST}\r\n${fields}\r\n\r\n`;

describe('many heads that come byte by byte', () => {
  it('end with 408, and others are served meanwhile', async () => {
    const app = await startApp();
    const proxy = await startProxyProcess({upstream: app, timeouts: {headMs: scaled(1_500, 15_000)}});
    const probe = await startProbe(proxy.plainPort);
    const attacks = await openMany(scaled(300, 10_000), async () => {
      const attack = await openPlain(proxy);
      void drip(attack, HEAD);
      return attack;
    });
    await untilClosed(attacks);
    assert.ok(probe.answered() > 0, 'nobody else was served meanwhile');
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
  void drip(attack, slowly);
  return attack;
}

async function openSecureWith(proxy: ProxyProcess, text: string, slowly = ''): Promise<Attack> {
  const attack = await openSecure(proxy);
  attack.socket.write(text);
  void drip(attack, slowly);
  return attack;
}

describe('clients that stop, or hardly go on', () => {
  it('are let go of by the timeout for where they stopped, and others are served meanwhile', async () => {
    // Long enough for all of them to be there at the same time, also where others use the machine.
    const limitMs = scaled(1_500, 18_000);
    const proxy = await startProxyProcess({
      upstream: await startApp(),
      handshakeTimeoutMs: limitMs,
      timeouts: {headMs: limitMs, idleMs: limitMs, bodyRateWindowMs: limitMs},
    });
    const probe = await startProbe(proxy.plainPort);
    const kinds = Object.entries(KINDS);
    const all = await openMany(kinds.length * scaled(12, 417), index => {
      const [, {open}] = kinds[index % kinds.length] as (typeof kinds)[number];
      return open(proxy);
    });
    await untilClosed(all);
    assert.ok(probe.answered() > 0, 'nobody else was served meanwhile');
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
