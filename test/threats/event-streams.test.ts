// Streams that are silent for long: none of the timeouts that are for something else ends them.

import {connect as connectHttp2} from 'node:http2';
import {setTimeout as delay} from 'node:timers/promises';
import {connect as connectTls} from 'node:tls';
import {describe, it, onTestFinished} from 'vitest';
import type {Timeouts} from '../../src/proxy/limits.js';
import {startPlayedUpstream, watch} from '../proxy/conformance/exchanges.js';
import {chunk} from '../proxy/conformance/vector.js';
import {certificate, HOST, openTcp} from '../proxy/harness.js';
import {type ProxyHere, startProxyHere} from './proxy-here.js';

/** Over soon, all of them but the two that are for answers. */
const IMPATIENT: Partial<Timeouts> = {
  headMs: 500,
  idleMs: 500,
  bodyRateWindowMs: 500,
  sendMs: 500,
  halfClosedMs: 500,
  connectMs: 500,
  upstreamIdleMs: 500,
};
/** Longer than each of them and the second that a sweep may be late. */
const SILENCE_MS = 2_000;

/** A client that listens: what it has heard, and the means to hang up. */
type Listener = {received(): string; until(text: string): Promise<string>; leave(): void};

async function openPlainListener({plainPort}: ProxyHere): Promise<Listener> {
  const wire = watch(await openTcp(plainPort));
  wire.socket.write(REQUEST);
  return {...wire, leave: () => void wire.socket.destroy()};
}

async function openSecureListener({securePort}: ProxyHere): Promise<Listener> {
  const wire = watch(connectTls({port: securePort, host: '127.0.0.1', servername: HOST, ca: certificate.cert}));
  onTestFinished(() => void wire.socket.destroy());
  wire.socket.write(REQUEST);
  return {...wire, leave: () => void wire.socket.destroy()};
}

async function openHttp2Listener({securePort}: ProxyHere): Promise<Listener> {
  const session = connectHttp2(`https://${HOST}:${securePort}`, {
    createConnection: () =>
      connectTls({
        port: securePort,
        host: '127.0.0.1',
        servername: HOST,
        ca: certificate.cert,
        ALPNProtocols: ['h2'],
      }),
  });
  onTestFinished(() => session.destroy());
  const stream = session.request({':path': '/events', accept: 'text/event-stream'});
  let received = '';
  stream.on('data', bytes => {
    received += bytes;
  });
  stream.on('error', () => undefined);
  return {
    received: () => received,
    async until(text) {
      while (!received.includes(text)) await delay(2);
      return received;
    },
    leave: () => stream.close(8),
  };
}

const REQUEST = `GET /events HTTP/1.1\r\nHost: ${HOST}\r\nAccept: text/event-stream\r\n\r\n`;
const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n';

const LISTENERS = {
  'plain HTTP/1.1': openPlainListener,
  'HTTP/1.1 over TLS': openSecureListener,
  'HTTP/2': openHttp2Listener,
} as const;

async function assertOutlivesSilence(open: (proxy: ProxyHere) => Promise<Listener>): Promise<void> {
  const upstream = await startPlayedUpstream();
  const proxy = await startProxyHere({upstream, timeouts: IMPATIENT});
  const listener = await open(proxy);
  const app = await upstream.accept();
  await app.until('\r\n\r\n');
  await delay(SILENCE_MS);
  app.socket.write(HEAD + chunk(': here I am\n\n'));
  await listener.until(': here I am\n\n');
  await delay(SILENCE_MS);
  for (let index = 0; index < 20; index++) {
    app.socket.write(chunk(`data: ${index}\n\n`));
    // The next is sent when this one has arrived: nothing is kept back.
    await listener.until(`data: ${index}\n\n`);
  }
  listener.leave();
  await app.closed();
  await proxy.untilIdle();
}

describe('a stream of events', () => {
  it('may be silent before and after its first, over every protocol, and ends for the app with its client', {
    timeout: 30_000,
  }, async () => {
    // They mostly wait.
    await Promise.all(Object.values(LISTENERS).map(assertOutlivesSilence));
  });
});
