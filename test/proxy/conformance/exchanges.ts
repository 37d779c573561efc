// What the tests share in which both sides take turns: waiting for bytes at the app, and for nothing to happen.

import {once} from 'node:events';
import type {Socket} from 'node:net';
import {setImmediate as nextTurn} from 'node:timers/promises';
import {connect as connectTls} from 'node:tls';
import {onTestFinished} from 'vitest';
import type {Gateway} from '../../../src/proxy/gateway.js';
import {eventually} from '../../helpers/eventually.js';
import {certificate, HOST, openTcp, startRawUpstream} from '../harness.js';

/** All that came on one connection, and the means to wait for more. */
export type Wire = {
  readonly socket: Socket;
  received(): string;
  /** Resolves once the text has come; with all that came. */
  until(text: string): Promise<string>;
  closed(): Promise<void>;
  /** Ends the connection without a word: a RST. */
  reset(): void;
};

/** Ways to leave a connection: with a FIN behind what was written, with a FIN at once, with a RST. */
export const LEAVING = ['end', 'destroy', 'reset'] as const;

export function leave(wire: Wire, way: (typeof LEAVING)[number]): void {
  if (way === 'reset') wire.reset();
  else wire.socket[way]();
}

/** A client on the HTTPS port, with its TCP connection at hand. */
export async function openClient({https}: Gateway): Promise<Wire & {readonly tcp: Socket}> {
  const tcp = await openTcp(https.port);
  const socket = connectTls({socket: tcp, servername: HOST, ca: certificate.cert, ALPNProtocols: ['http/1.1']});
  onTestFinished(() => void socket.destroy());
  const wire = watch(socket);
  await once(socket, 'secureConnect');
  return {...wire, tcp, reset: () => void tcp.resetAndDestroy()};
}

/** Reads a connection from now on. */
export function watch(socket: Socket): Wire {
  const chunks: string[] = [];
  let isClosed = false;
  socket.on('data', bytes => chunks.push(bytes.toString('latin1')));
  socket.on('error', () => undefined);
  socket.once('close', () => {
    isClosed = true;
  });
  const received = (): string => chunks.join('');
  return {
    socket,
    received,
    async until(text) {
      await waitFor(
        () => received().includes(text),
        () => `${JSON.stringify(text)} in ${JSON.stringify(received())}`,
      );
      return received();
    },
    closed: () =>
      waitFor(
        () => isClosed,
        () => `the connection to close behind ${JSON.stringify(received().slice(-300))}`,
      ),
    reset: () => void socket.resetAndDestroy(),
  };
}

/** An app that is played by the test: each of its connections, in turn. */
export async function startPlayedUpstream() {
  const wires: Wire[] = [];
  let taken = 0;
  const upstream = await startRawUpstream(socket => {
    socket.setNoDelay(true);
    wires.push(watch(socket));
  });
  return {
    ...upstream,
    /** The next connection that the gateway opens, or has opened. */
    async accept(): Promise<Wire> {
      const index = taken;
      taken += 1;
      await waitFor(
        () => wires.length > index,
        () => 'a connection to the app',
      );
      return wires[index] as Wire;
    },
  };
}

/** Waits until it is true, for as long as its description changes. */
export async function waitFor(isTrue: () => boolean, describe: () => string): Promise<void> {
  const check = (): void => {
    if (!isTrue()) throw new Error(`waited in vain for ${describe()}`);
  };
  await eventually(check, {everyMs: 1});
}

/** Lets everything happen that is about to: both sides are in this process, so it takes turns, not time. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await nextTurn();
}
