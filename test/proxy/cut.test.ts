// A request that is ended from outside, by who holds its session.

import assert from 'node:assert/strict';
import {once} from 'node:events';
import {type AddressInfo, createServer} from 'node:net';
import {describe, it, onTestFinished} from 'vitest';
import {createProxy} from '../../src/proxy/proxy.js';
import type {Session} from '../../src/proxy/session.js';
import type {Upstream} from '../../src/proxy/upstream.js';
import {eventually} from '../helpers/eventually.js';
import {openTcp, readAll, readUntil, startRawUpstream} from './harness.js';

async function start(upstream: Upstream) {
  const sessions: Session<undefined>[] = [];
  const outcomes: unknown[] = [];
  const proxy = createProxy<undefined>({
    upstreamPeer(session) {
      sessions.push(session);
      return upstream;
    },
    logging: ({outcome}) => outcomes.push(outcome),
  });
  const server = createServer({allowHalfOpen: true}, proxy.acceptPlain);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    proxy.close();
    server.close();
  });
  const cut = (): void => {
    for (const session of sessions) session.cut();
  };
  return {cut, outcomes, socket: await openTcp((server.address() as AddressInfo).port)};
}

const REQUEST = 'GET / HTTP/1.1\r\nHost: app.test\r\n';

describe('a session that is cut', () => {
  it('closes its tunnel on both sides', async () => {
    const closed: Promise<unknown>[] = [];
    const app = await startRawUpstream(socket => {
      closed.push(once(socket, 'close'));
      socket.once('data', () =>
        socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: upgrade\r\n\r\n'),
      );
    });
    const {cut, outcomes, socket} = await start(app);
    socket.write(`${REQUEST}Connection: upgrade\r\nUpgrade: echo\r\n\r\n`);
    await readUntil(socket, '\r\n\r\n');
    cut();
    await readAll(socket);
    await Promise.all(closed);
    await eventually(() => assert.deepEqual(outcomes, ['tunnelled']));
  });

  it('breaks off its answer, so that nobody takes it for complete', async () => {
    const app = await startRawUpstream(socket => {
      socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n'));
    });
    const {cut, outcomes, socket} = await start(app);
    socket.write(`${REQUEST}\r\n`);
    await readUntil(socket, 'one');
    cut();
    assert.doesNotMatch(await readAll(socket), /0\r\n/);
    assert.deepEqual(outcomes, ['cut-off']);
  });

  it('stays as it is when it is over', async () => {
    const app = await startRawUpstream(socket => {
      socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none'));
    });
    const {cut, outcomes, socket} = await start(app);
    socket.write(`${REQUEST}\r\n`);
    await readUntil(socket, 'one');
    cut();
    assert.deepEqual(outcomes, ['answered']);
    assert.equal(socket.destroyed, false);
  });
});
