// One gateway for all the vectors of a file: to open one for each would cost more than they do.

import assert from 'node:assert/strict';
import {once} from 'node:events';
import type {Socket} from 'node:net';
import {setImmediate as nextTurn} from 'node:timers/promises';
import {connect as connectTls, createSecureContext} from 'node:tls';
import {createGateway, type Gateway} from '../../../src/proxy/gateway.js';
import type {Upstream} from '../../../src/proxy/upstream.js';
import {APP, certificate, HOST, route} from '../harness.js';

/** What vectors are sent to. */
export type SharedParty = {
  readonly scheme: 'http' | 'https';
  /** Where the app is from now on. */
  use(upstream: Upstream): void;
  /** A connection on which HTTP/1.1 is spoken. */
  connect(): Promise<Socket>;
  /** Resolves when no request is under way. Throws when one never ends. */
  untilIdle(): Promise<void>;
  /** Fails when a bug showed meanwhile. */
  close(): Promise<void>;
};

/** A gateway that routes app.test to whatever app is in use. */
export async function startSharedGateway(): Promise<SharedParty> {
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
    scheme: 'https',
    use: upstream => {
      current = upstream;
    },
    connect: () => connect(gateway),
    untilIdle: () => untilTrue(() => gateway.inFlight(APP) === 0),
    async close() {
      await gateway.close();
      assert.deepEqual(bugs, []);
    },
  };
}

/** Made once: a context per connection costs more than its handshake. */
const secureContext = createSecureContext({ca: certificate.cert});

async function connect({https}: Gateway): Promise<Socket> {
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

/** Waits until it is true, and what was written meanwhile has arrived. */
export async function untilTrue(isTrue: () => boolean): Promise<void> {
  for (let turn = 0; !isTrue(); turn++) {
    assert.ok(turn < MAX_TURNS, 'a request is under way that nobody waits for');
    await nextTurn();
  }
  await nextTurn();
  await nextTurn();
}
