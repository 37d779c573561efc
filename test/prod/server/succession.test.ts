import assert from 'node:assert/strict';
import {mkdtempSync, renameSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {describe, it, onTestFinished} from 'vitest';
import type {Handlers} from '../../../src/control/method.js';
import type {ServerMethods} from '../../../src/control/server-methods.js';
import {openControlSocket} from '../../../src/prod/server/control-socket.js';
import {createSuccession} from '../../../src/prod/server/succession.js';
import {inheritTicketKeys} from '../../../src/prod/server/tickets.js';
import type {Upstream} from '../../../src/proxy/upstream.js';
import {systemClock} from '../../../src/system/clock.js';

/** The other one is this process here. */
const OURSELVES = process.pid + 1;
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
    await socket.close(0);
    rmSync(folder, {recursive: true});
  });
  return {woken, controlSocket: path.join(folder, 'control.sock')};
}

describe('a server process that another follows', () => {
  it('serves by itself until then, and asks the other one afterwards', async () => {
    const {woken, controlSocket} = await startSuccessor();
    const deployments = {activate: async () => OURS, findUpstream: () => OURS};
    const succession = createSuccession({deployments, controlSocket, pid: OURSELVES, clock: systemClock});
    assert.equal(succession.findUpstream('shop/production'), OURS);
    assert.equal(await succession.activate('shop/production'), OURS);
    succession.follow();
    assert.equal(succession.findUpstream('shop/production'), OURS);
    const theirs = await succession.activate('shop/production');
    assert.deepEqual([theirs, woken], [{host: '127.0.0.1', port: 2}, ['shop']]);
    succession.retire();
    assert.equal(succession.findUpstream('shop/production'), undefined);
    assert.equal(await succession.activate('shop/production'), theirs, 'connections are kept by the object');
    assert.deepEqual(woken, ['shop', 'shop'], 'for a start that is over nobody is asked');
  });

  it('waits for the other one to be there', async () => {
    const {controlSocket} = await startSuccessor();
    const deployments = {activate: async () => OURS, findUpstream: () => OURS};
    let looks = 0;
    const sleep = async (): Promise<void> => {
      looks += 1;
      if (looks === 3) renameSync(`${controlSocket}.away`, controlSocket);
    };
    const clock = {...systemClock, sleep};
    renameSync(controlSocket, `${controlSocket}.away`);
    const succession = createSuccession({deployments, controlSocket, pid: OURSELVES, clock});
    succession.follow();
    assert.deepEqual(await succession.activate('shop/production'), {host: '127.0.0.1', port: 2});
    assert.equal(looks, 3);
  });

  it('asks the other one for a start that was refused because it has followed', async () => {
    const {controlSocket} = await startSuccessor();
    const refused = Promise.withResolvers<Upstream>();
    const deployments = {activate: () => refused.promise, findUpstream: () => undefined};
    const succession = createSuccession({deployments, controlSocket, pid: OURSELVES, clock: systemClock});
    const waiting = succession.activate('shop/production');
    succession.follow();
    refused.reject(new Error('another server process has taken over'));
    assert.deepEqual(await waiting, {host: '127.0.0.1', port: 2});
  });

  it('leaves a start that is under way to the other one', async () => {
    const {controlSocket} = await startSuccessor();
    const deployments = {activate: () => new Promise<never>(() => undefined), findUpstream: () => undefined};
    const succession = createSuccession({deployments, controlSocket, pid: OURSELVES, clock: systemClock});
    const waiting = succession.activate('shop/production');
    succession.follow();
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
