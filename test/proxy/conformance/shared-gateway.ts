// One gateway for all the vectors of a file: to open one for each would cost more than they do.

import assert from 'node:assert/strict';
import {once} from 'node:events';
import {setImmediate as nextTurn} from 'node:timers/promises';
import {connect as connectTls, createSecureContext, type TLSSocket} from 'node:tls';
import {createGateway, type Gateway} from '../../../src/proxy/gateway.js';
import type {Upstream} from '../../../src/proxy/upstream.js';
import {APP, certificate, HOST, route} from '../harness.js';

export type SharedGateway = {
  readonly gateway: Gateway;
  /** Where the app is from now on. */
  use(upstream: Upstream): void;
  /** A connection to the HTTPS port on which HTTP/1.1 was agreed. */
  connect(): Promise<TLSSocket>;
  /** Resolves when no request is under way. Throws when one never ends. */
  untilIdle(): Promise<void>;
  /** Fails when a bug showed in the gateway meanwhile. */
  close(): Promise<void>;
};

/** A gateway that routes app.test to whatever app is in use. */
export async function startSharedGateway(): Promise<SharedGateway> {
  const bugs: unknown[] = [];
  let current: Upstream | undefined;
  const gateway = await createGateway({
    https: {port: 0},
    http: {port: 0},
    certificates: {certificateFor: async () => certificate},
    defaultServerName: HOST,
    activate: async () => assert.fail('this app is not meant to be activated'),
    findUpstream: () => current,
    onBug: error => bugs.push(error),
  });
  gateway.setRoutes([route(HOST)]);
  return {
    gateway,
    use: upstream => {
      current = upstream;
    },
    connect: () => connect(gateway),
    untilIdle: () => untilIdle(gateway),
    async close() {
      await gateway.close();
      assert.deepEqual(bugs, []);
    },
  };
}

/** Made once: a context per connection costs more than its handshake. */
const secureContext = createSecureContext({ca: certificate.cert});

async function connect({https}: Gateway): Promise<TLSSocket> {
  const socket = connectTls({
    host: '127.0.0.1',
    port: https.port,
    servername: HOST,
    secureContext,
    ALPNProtocols: ['http/1.1'],
  });
  socket.setNoDelay(true);
  await once(socket, 'secureConnect');
  socket.on('error', () => undefined);
  return socket;
}

/** Turns of the event loop, not time: everything here is in one process. */
const MAX_TURNS = 100_000;

async function untilIdle(gateway: Gateway): Promise<void> {
  for (let turn = 0; gateway.inFlight(APP) > 0; turn++) {
    assert.ok(turn < MAX_TURNS, 'a request is under way that nobody waits for');
    await nextTurn();
  }
  // Bytes that were written in the last turn arrive in the next.
  await nextTurn();
  await nextTurn();
}
