import assert from 'node:assert/strict';
import {setTimeout as delay} from 'node:timers/promises';
import {beforeEach, describe, it} from 'vitest';
import type {Upstream} from '../../src/supervisor/attempt.js';
import {reservePort} from '../../src/supervisor/reserved-port.js';
import {fixtureSpec, isAlive} from './apps.js';
import {failureOf, harnessOfEachTest} from './harness.js';

/** What the gateway would say of an upstream that is to be drained. */
let drain: (upstream: Upstream) => Promise<void>;
const {harness, supervisor} = harnessOfEachTest(upstream => drain(upstream));

beforeEach(() => {
  drain = async () => {};
});

const get = async ({host, port}: Upstream, path = '/'): Promise<string> =>
  (await fetch(`http://${host}:${port}${path}`, {headers: {connection: 'close'}})).text();

async function untilDead(pid: number): Promise<void> {
  while (await isAlive(pid)) await delay(10);
}

describe('restarting', () => {
  it('finishes requests in flight on the old instance, which then ends', async () => {
    const old = await supervisor.start(fixtureSpec('slow-server'));
    const inFlight = get(old, '/slow');
    drain = async () => void (await inFlight);
    const next = await supervisor.restart(fixtureSpec('slow-server'), undefined, 'server.js changed');
    assert.equal(await get(next), String(next.pid));
    assert.equal(await inFlight, String(old.pid));
    await untilDead(old.pid);
    assert.equal(supervisor.serving('web'), next);
    assert.ok(harness.saidByTako().includes('restarting, because server.js changed'));
    await harness.until(() => harness.saidByTako().includes(`pid ${old.pid} stopped`));
  });

  it('follows the new spec, for those who join it too', async () => {
    const first = await supervisor.start(fixtureSpec('says', {}, '4000\n'));
    const [second, joined] = await Promise.all([
      supervisor.restart(fixtureSpec('says', {}, '5000\n')),
      supervisor.start(fixtureSpec('says', {}, '4000\n')),
    ]);
    assert.equal(second.port, 5_000);
    assert.equal(joined, second);
    await untilDead(first.pid);
  });

  it('takes along those who wait for the start it replaces', async () => {
    const waiting = supervisor.start(fixtureSpec('never-ready'));
    await harness.untilState('starting');
    const first = supervisor.restart(fixtureSpec('never-ready'));
    const second = supervisor.restart(fixtureSpec('says', {}, '5000\n'));
    assert.equal((await waiting).port, 5_000);
    assert.deepEqual(await first, await second);
  });

  it('leaves those who wait to a stop that comes after it', async () => {
    const waiting = failureOf(supervisor.start(fixtureSpec('never-ready')));
    await harness.untilState('starting');
    const restarted = failureOf(supervisor.restart(fixtureSpec('never-ready')));
    await supervisor.stop('web');
    assert.deepEqual([(await waiting).code, (await restarted).code], ['START_CANCELLED', 'START_CANCELLED']);
  });

  it('starts what did not run', async () => {
    assert.equal((await supervisor.restart(fixtureSpec('says', {}, '4000\n'))).port, 4_000);
  });

  it('leaves the old instance serving when the new one fails', async () => {
    const old = await supervisor.start(fixtureSpec('slow-server'));
    const error = await failureOf(supervisor.restart(fixtureSpec('exits-early')));
    assert.deepEqual([...error.lastLines].sort(), ['no database at hand', 'reading the settings']);
    assert.equal(supervisor.serving('web'), old);
    assert.equal(await get(old), String(old.pid));
    assert.equal(harness.saidByTako().at(-1), `the new one did not start, so pid ${old.pid} goes on serving`);
  });

  it('ends a new instance that never becomes ready, its group and its record', async () => {
    const old = await supervisor.start(fixtureSpec('slow-server'));
    await failureOf(supervisor.restart(fixtureSpec('never-ready', {readyTimeoutMs: 300})));
    const pids = harness.events.flatMap(({instance}) => (instance.state === 'restarting' ? [instance.next.pid] : []));
    assert.equal(pids.length, 1);
    await untilDead(pids[0] ?? 0);
    while (harness.records.all().length > 1) await delay(10);
    assert.equal(harness.records.all()[0]?.pid, old.pid);
  });

  it('stops an app first whose port is pinned', async () => {
    const spec = fixtureSpec('slow-server', {ready: 'any', port: await reservePort()});
    const old = await supervisor.start(spec);
    const next = await supervisor.restart(spec);
    assert.equal(next.port, old.port);
    assert.equal(await isAlive(old.pid), false);
    assert.equal(await get(next), String(next.pid));
    assert.deepEqual(harness.states(), ['starting', 'ready', 'draining', 'stopped', 'starting', 'ready']);
  });

  it('stops an app first that does not heed PORT', async () => {
    const spec = fixtureSpec('slow-server', {ready: 'any'}, String(await reservePort()));
    const old = await supervisor.start(spec);
    const next = await supervisor.restart(spec);
    assert.equal(next.port, old.port);
    assert.equal(await isAlive(old.pid), false);
    assert.equal(await get(next), String(next.pid));
  });

  it('runs two side by side that heed PORT', async () => {
    const spec = fixtureSpec('slow-server', {ready: 'any'});
    const old = await supervisor.start(spec);
    const next = await supervisor.restart(spec);
    assert.notEqual(next.port, old.port);
    assert.deepEqual(harness.states(), ['starting', 'ready', 'restarting', 'ready']);
  });
});
