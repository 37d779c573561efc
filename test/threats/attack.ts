// What attackers share: many connections that are kept, and the apps behind the proxy that they attack.

import assert from 'node:assert/strict';
import {connect as connectTcp, type Socket} from 'node:net';
import {connect as connectTls, createSecureContext, type TLSSocket} from 'node:tls';
import {onTestFinished} from 'vitest';
import {eventually} from '../helpers/eventually.js';
import {onEachHead} from '../proxy/conformance/scripted-upstream.js';
import {certificate, HOST, startRawUpstream} from '../proxy/harness.js';
import type {ProxyProcess} from './proxy-process.js';

const secureContext = createSecureContext({ca: certificate.cert});

/** Opened at a time: how fast connections come is no part of the tests. */
const OPENED_AT_ONCE = 50;

/** An attacker's connection, and what came of it. */
export type Attack = {readonly received: () => string; readonly closed: Promise<void>; readonly socket: Socket};

/** Reads all that comes. */
export function watch(socket: Socket): Attack {
  let received = '';
  socket.on('data', bytes => {
    received += bytes.toString('latin1');
  });
  socket.on('error', () => undefined);
  return {socket, received: () => received, closed: new Promise(resolve => socket.once('close', () => resolve()))};
}

/** Opens many connections, some at a time; all of them end with the test. */
export async function openMany(count: number, open: (index: number) => Promise<Attack>): Promise<readonly Attack[]> {
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

/** Resolves once the proxy has let go of all of them. */
export async function untilClosed(attacks: readonly Attack[]): Promise<void> {
  const open = (): number => attacks.filter(({socket}) => !socket.closed).length;
  await eventually(() => assert.equal(open(), 0), {everyMs: 100});
}

/** A plain connection to the proxy. */
export async function openPlain({plainPort}: ProxyProcess): Promise<Attack> {
  const socket = connectTcp({port: plainPort, host: '127.0.0.1', noDelay: true});
  await connected(socket, 'connect');
  return watch(socket);
}

/** A connection to the proxy whose handshake is done. */
export async function openSecure({securePort}: ProxyProcess): Promise<Attack> {
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

/** Resolves once the event came, which says that the connection is there. */
export const connected = (socket: Socket, event: string): Promise<void> =>
  new Promise((resolve, reject) => {
    socket.once(event, () => resolve()).once('error', reject);
  });

/** Answers `/hello`, never stops answering `/endless`, and never answers anything else. */
export const startApp = () =>
  startRawUpstream(socket => {
    onEachHead(socket, head => {
      const target = head.split(' ')[1];
      if (target === '/hello') socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello');
      if (target === '/endless') pourInto(socket);
    });
  });

/** Answers everything with so many bytes. */
export const startLargeAnswers = (length: number) =>
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
