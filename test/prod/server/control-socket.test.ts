import assert from 'node:assert/strict';
import {once} from 'node:events';
import {mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync} from 'node:fs';
import {createConnection, createServer, type Socket} from 'node:net';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {text} from 'node:stream/consumers';
import {describe, it, onTestFinished} from 'vitest';
import type {Handlers} from '../../../src/control/method.js';
import {connectServerSocket} from '../../../src/control/server-client.js';
import type {ServerMethods} from '../../../src/control/server-methods.js';
import {sha256Of} from '../../../src/prod/releases/sha256.js';
import {sendUpload} from '../../../src/prod/releases/upload-stream.js';
import {openControlSocket} from '../../../src/prod/server/control-socket.js';

async function open(folder = mkdtempSync(path.join(tmpdir(), 'tako-socket-')), pidOf = 'first') {
  const received: string[] = [];
  const shared = path.join(folder, 'control.sock');
  const handlers = {
    missing: async ({hashes}: {hashes: readonly string[]}) => ({missing: hashes}),
    cancel: async () => ({pidOf}),
  };
  const socket = await openControlSocket({
    path: shared,
    handlers: handlers as unknown as Handlers<ServerMethods>,
    receiver: {
      object: async content => void received.push(await text(content)),
      manifest: async () => undefined,
      patch: async () => undefined,
    },
    onBug: error => assert.fail(String(error)),
  });
  onTestFinished(async () => {
    await socket.close(0);
    rmSync(folder, {recursive: true, force: true});
  });
  return {folder, shared, received, socket};
}

async function dial(file: string): Promise<Socket> {
  const socket = createConnection({path: file, allowHalfOpen: true});
  await once(socket, 'connect');
  onTestFinished(() => void socket.destroy());
  return socket;
}

describe('the control socket of a server', () => {
  it('answers calls, and takes uploads that say so in their first line', async () => {
    const {shared, received} = await open();
    const client = await connectServerSocket(shared);
    assert.deepEqual(await client.call('missing', {hashes: ['a']}), {missing: ['a']});
    client.close();
    const socket = await dial(shared);
    socket.write('{"upload": 1}\n');
    const item = {
      sha256: sha256Of('content'),
      kind: 'file',
      size: 7,
      open: async function* () {
        yield Buffer.from('content');
      },
    } as const;
    assert.equal(await sendUpload([item], {input: socket, output: socket}), 1);
    assert.deepEqual(received, ['content']);
  });

  it('lets go of who goes without having said anything', async () => {
    const {shared} = await open();
    const socket = await dial(shared);
    socket.end();
    assert.equal(await text(socket), '');
  });

  it('is for its user and its group', async () => {
    const {shared} = await open();
    assert.equal(statSync(shared).mode & 0o777, 0o660);
  });

  it('leads to the process that opened it last, and a client of the one before stays with that', async () => {
    const first = await open();
    const client = await connectServerSocket(first.shared);
    await open(first.folder, 'second');
    const next = await connectServerSocket(first.shared);
    assert.deepEqual(await next.call('cancel', {job: ''}), {pidOf: 'second'});
    next.close();
    client.close();
  });

  it('is rid of what killed processes have left, also where others have their pids now', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'tako-socket-'));
    for (const pid of [4_194_304, process.ppid]) writeFileSync(path.join(folder, `control.${pid}.sock`), '');
    symlinkSync('control.4194303.sock', path.join(folder, 'control.4194303.sock.new'));
    await open(folder);
    assert.deepEqual(readdirSync(folder).sort(), [`control.${process.pid}.sock`, 'control.sock']);
  });

  it('leaves that of a process before it, which still has clients', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'tako-socket-'));
    const before = createServer(socket => socket.resume()).listen(path.join(folder, 'control.4194304.sock'));
    await once(before, 'listening');
    await open(folder);
    assert.ok(readdirSync(folder).includes('control.4194304.sock'));
    before.close();
  });

  it('ends a client whose first words are neither', async () => {
    const {shared} = await open();
    const socket = await dial(shared);
    socket.write('GET / HTTP/1.1\r\n\r\n');
    socket.resume();
    await once(socket, 'end');
  });
});
