// The engine on plain connections. What is cut apart goes here: a handshake for each cut would cost more than all else.

import assert from 'node:assert/strict';
import {once} from 'node:events';
import {type AddressInfo, connect as connectNet, createServer, type Socket} from 'node:net';
import {createProxy} from '../../../src/proxy/proxy.js';
import type {Upstream} from '../../../src/proxy/upstream.js';
import {type SharedParty, untilTrue} from './shared-gateway.js';

const HOST = /^app\.test\.?(?::\d*)?$/i;

/** A proxy that forwards what is for app.test to whatever app is in use, and answers 421 to the rest, as the gateway does. */
export async function startSharedProxy(): Promise<SharedParty & {readonly port: number}> {
  const bugs: unknown[] = [];
  let current: Upstream | undefined;
  const proxy = createProxy(
    {
      requestFilter(session) {
        const isOurs = HOST.test(session.request.host);
        if (!isOurs) session.respond(421);
        return !isOurs;
      },
      upstreamPeer: () => current ?? assert.fail('no app is in use'),
    },
    {onBug: error => bugs.push(error)},
  );
  const server = createServer({allowHalfOpen: true, noDelay: true}, proxy.acceptPlain);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const {port} = server.address() as AddressInfo;
  return {
    port,
    scheme: 'http',
    use: upstream => {
      current = upstream;
    },
    connect: () => connect(port),
    untilIdle: () => untilTrue(() => proxy.inFlight === 0),
    async close() {
      proxy.close();
      await new Promise(resolve => server.close(resolve));
      assert.deepEqual(bugs, []);
    },
  };
}

async function connect(port: number): Promise<Socket> {
  const socket = connectNet({port, host: '127.0.0.1', noDelay: true});
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}
