import assert from 'node:assert/strict';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {afterEach, beforeEach, describe, it} from 'vitest';
import type {Handlers} from '../../../src/control/method.js';
import {connectServerSocket} from '../../../src/control/server-client.js';
import type {ServerMethods} from '../../../src/control/server-methods.js';
import {findControlSocketOwner, openControlSocket} from '../../../src/prod/server/control-socket.js';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'tako-control-'));
  file = path.join(folder, 'control.sock');
});
afterEach(() => rmSync(folder, {recursive: true}));

const RECEIVER = {object: async () => {}, manifest: async () => {}, patch: async () => {}};
const open = (handlers: Partial<Handlers<ServerMethods>>) =>
  openControlSocket({
    path: file,
    handlers: handlers as Handlers<ServerMethods>,
    receiver: RECEIVER,
    onBug: error => assert.fail(String(error)),
  });

describe('the control socket of a server process that ends', () => {
  it('answers what it was asked before it ends the connection', async () => {
    const asked = Promise.withResolvers<void>();
    const reloaded = Promise.withResolvers<{pid: number}>();
    const control = await open({
      reload() {
        asked.resolve();
        return reloaded.promise;
      },
    });
    const client = await connectServerSocket(file);
    const answer = client.call('reload', {});
    await asked.promise;
    const closed = control.close(60_000);
    reloaded.resolve({pid: 7});
    assert.deepEqual(await answer, {pid: 7});
    await closed;
  });

  it('does not wait for what takes longer than it has time', async () => {
    const control = await open({reload: () => new Promise(() => {})});
    const client = await connectServerSocket(file);
    const answer = client.call('reload', {});
    const [result] = await Promise.allSettled([answer, control.close(20)]);
    assert.equal(result.status === 'rejected' && result.reason.code, 'SERVER_LOST');
  });

  it('is known by its process for as long as no other has its name', async () => {
    assert.equal(await findControlSocketOwner(file), undefined);
    const control = await open({});
    assert.equal(await findControlSocketOwner(file), process.pid);
    await control.close(0);
  });
});
