import assert from 'node:assert/strict';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {describe, it, onTestFinished} from 'vitest';
import type {Handlers} from '../../../src/control/method.js';
import type {ServerMethods} from '../../../src/control/server-methods.js';
import {openControlSocket} from '../../../src/prod/server/control-socket.js';
import {createSuccession} from '../../../src/prod/server/succession.js';
import {inheritTicketKeys} from '../../../src/prod/server/tickets.js';
import type {Upstream} from '../../../src/proxy/upstream.js';

const OURS: Upstream = {host: '127.0.0.1', port: 1};
const THEIRS = {host: '127.0.0.1', port: 2, isTls: false};

async function startSuccessor() {
  const folder = mkdtempSync(path.join(tmpdir(), 'tako-succession-'));
  const woken: string[] = [];
  const handlers = {
    wake: async ({deployment: {app}}) => {
      woken.push(app);
      return THEIRS;
    },
  } satisfies Partial<Handlers<ServerMethods>>;
  const socket = await openControlSocket({
    path: path.join(folder, 'control.sock'),
    handlers: handlers as unknown as Handlers<ServerMethods>,
    receiver: {object: async () => undefined, manifest: async () => undefined, patch: async () => undefined},
    onBug: error => assert.fail(String(error)),
  });
  onTestFinished(async () => {
    await socket.close();
    rmSync(folder, {recursive: true});
  });
  return {woken, controlSocket: path.join(folder, 'control.sock')};
}

describe('a server process that another follows', () => {
  it('serves by itself until then, and asks the other one afterwards', async () => {
    const {woken, controlSocket} = await startSuccessor();
    const deployments = {activate: async () => OURS, findUpstream: () => OURS};
    const succession = createSuccession({deployments, controlSocket});
    assert.equal(succession.findUpstream('shop/production'), OURS);
    assert.equal(await succession.activate('shop/production'), OURS);
    succession.begin();
    assert.equal(succession.findUpstream('shop/production'), undefined);
    assert.deepEqual(await succession.activate('shop/production'), {host: '127.0.0.1', port: 2});
    assert.deepEqual(woken, ['shop']);
  });

  it('leaves a start that is under way to the other one', async () => {
    const {controlSocket} = await startSuccessor();
    const deployments = {activate: () => new Promise<never>(() => undefined), findUpstream: () => undefined};
    const succession = createSuccession({deployments, controlSocket});
    const waiting = succession.activate('shop/production');
    succession.begin();
    assert.deepEqual(await waiting, {host: '127.0.0.1', port: 2});
  });
});

describe('the keys of session tickets', () => {
  const holderWith = (baggage = new Map<string, unknown>()) => ({
    baggage: (name: string) => baggage.get(name),
    setBaggage: (name: string, value: unknown) => void baggage.set(name, JSON.parse(JSON.stringify(value))),
  });

  it('are those of the process before', () => {
    const holder = holderWith();
    const keys = inheritTicketKeys(holder, () => 0).current();
    assert.equal(keys.length, 48);
    assert.deepEqual(inheritTicketKeys(holder, () => 60_000).current(), keys);
  });

  it('are new ones after twelve hours, for those that follow too', () => {
    const holder = holderWith();
    let now = 0;
    const ours = inheritTicketKeys(holder, () => now);
    const before = ours.current();
    now = 12 * 60 * 60_000;
    assert.notDeepEqual(ours.current(), before);
    assert.deepEqual(inheritTicketKeys(holder, () => now).current(), ours.current());
  });

  it('are new ones where what was left is nothing that could be used', () => {
    for (const left of ['a', {keys: 'abcd', madeAt: 0}, {keys: 5}, null]) {
      const holder = holderWith(new Map([['ticket-keys', left]]));
      assert.equal(inheritTicketKeys(holder, () => 0).current().length, 48);
    }
  });
});
