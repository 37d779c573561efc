import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {type AddressInfo, createServer} from 'node:net';
import {text} from 'node:stream/consumers';
import {fileURLToPath} from 'node:url';
import {describe, it} from 'vitest';
import {inheritedSockets, openListeningSockets} from '../../../src/prod/holder/listening-sockets.js';

const PROGRAMS = fileURLToPath(new URL('./programs', import.meta.url));

/** What a program has that is started as systemd starts it, with these sockets. */
async function socketsOf(fds: readonly number[], names: string, listeners: unknown): Promise<unknown> {
  const script = 'LISTEN_PID=$$ exec "$@"';
  const program = [process.execPath, '--import', `${PROGRAMS}/typescript.mjs`, `${PROGRAMS}/listening.ts`];
  const child = spawn('/bin/sh', ['-c', script, 'sh', ...program, JSON.stringify(listeners)], {
    env: {...process.env, LISTEN_FDS: String(fds.length), LISTEN_FDNAMES: names},
    stdio: ['ignore', 'pipe', 'inherit', ...fds],
  });
  assert.ok(child.stdout);
  return JSON.parse(await text(child.stdout));
}

async function listening(host: string): Promise<{fd: number; port: number; close(): void}> {
  const server = createServer().listen(0, host);
  await once(server, 'listening');
  const {fd} = (server as unknown as {_handle: {fd: number}})._handle;
  return {fd, port: (server.address() as AddressInfo).port, close: () => server.close()};
}

describe('listening sockets', () => {
  it('are bound and told with the port they got', () => {
    const opened = openListeningSockets([{name: 'http', host: '127.0.0.1', port: 0}], {});
    const [socket] = opened.sockets;
    assert.ok(socket && socket.port > 0 && socket.fd > 2);
    opened.close();
  });

  it('can be one per family on the same port', context => {
    const first = openListeningSockets([{name: 'http', host: '0.0.0.0', port: 0}], {});
    const port = first.sockets[0]?.port ?? 0;
    const second = openListeningSockets([{name: 'http', host: '::', port}], {});
    first.close();
    second.close();
    // Without IPv6 there is none to open, which is no failure.
    if (second.sockets.length === 0) context.skip();
    assert.equal(second.sockets[0]?.port, port);
  });

  it('that cannot all be opened are not open at all', async () => {
    const taken = await listening('127.0.0.1');
    const free = openListeningSockets([{name: 'http', host: '127.0.0.1', port: 0}], {});
    const port = free.sockets[0]?.port ?? 0;
    free.close();
    const listeners = [
      {name: 'http', host: '127.0.0.1', port},
      {name: 'https', host: '127.0.0.1', port: taken.port},
    ];
    assert.throws(() => openListeningSockets(listeners, {}), {code: 'PORT_IN_USE'});
    openListeningSockets(listeners.slice(0, 1), {}).close();
    taken.close();
  });

  it.skipIf(process.platform !== 'linux')('that systemd has opened are taken by their names', async () => {
    const [http, https] = [await listening('127.0.0.1'), await listening('::')];
    const listeners = [
      {name: 'http', host: '127.0.0.1', port: 80},
      {name: 'https', host: '127.0.0.1', port: 443},
      {name: 'more', host: '127.0.0.1', port: 0},
    ];
    const sockets = (await socketsOf([http.fd, https.fd], 'http:https', listeners)) as {name: string; port: number}[];
    assert.deepEqual(sockets.slice(0, 2), [
      {name: 'http', fd: 3, host: '127.0.0.1', port: http.port},
      {name: 'https', fd: 4, host: '::', port: https.port},
    ]);
    assert.deepEqual([sockets.length, sockets[2]?.name], [3, 'more']);
    http.close();
    https.close();
  });

  it('that systemd has opened for another process are left alone', () => {
    assert.deepEqual(inheritedSockets({LISTEN_PID: '1', LISTEN_FDS: '2'}), []);
    assert.deepEqual(inheritedSockets({}), []);
  });
});
