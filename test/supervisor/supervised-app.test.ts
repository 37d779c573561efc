import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import type {Instance} from '../../src/supervisor/instance.js';
import {createFakeApp, programSpec, READY_AFTER_MS, SLOW_READY_AFTER_MS} from './fake-processes.js';
import {failureOf} from './harness.js';

type FakeApp = ReturnType<typeof createFakeApp>;

/** Enough for what a start, an end or a drain takes. */
const SOON_MS = 2 * READY_AFTER_MS;

async function startReady(fake: FakeApp, changes = {}) {
  const start = fake.app.start(programSpec('serves', changes));
  await fake.clock.advance(SOON_MS);
  return start;
}

const never = (): Promise<never> => new Promise(() => {});

describe('a restart', () => {
  it('starts the new instance beside the old one, which finishes its requests and stops', async () => {
    const requests = Promise.withResolvers<void>();
    const fake = createFakeApp(() => requests.promise);
    const old = await startReady(fake);
    const restart = fake.app.restart(programSpec('serves'), 'app.js changed');
    await fake.clock.advance(SOON_MS);
    const {pid} = await restart;
    assert.deepEqual(fake.states(), ['starting', 'ready', 'restarting', 'ready']);
    assert.equal(fake.app.serving(), await restart);
    assert.deepEqual(fake.drained, [old]);
    assert.equal(fake.running().length, 2, 'the old one has requests in flight');
    requests.resolve();
    await fake.clock.advance(SOON_MS);
    assert.deepEqual(
      fake.running().map(process => process.pid),
      [pid],
    );
    assert.ok(fake.said.includes('restarting, because app.js changed'));
    assert.ok(fake.said.includes(`pid ${pid} serves now; pid ${old.pid} finishes its requests and stops`));
  });

  it('waits no longer for the old one than its grace period', async () => {
    const fake = createFakeApp(never);
    const old = await startReady(fake, {graceMs: 3_000});
    void fake.app.restart(programSpec('serves'));
    await fake.clock.advance(2_900);
    assert.equal(fake.running().length, 2);
    await fake.clock.advance(200);
    assert.equal(fake.running().length, 1);
    assert.ok(fake.said.includes(`pid ${old.pid} still has requests in flight after 3 s, and stops now`));
  });

  it('has requests wait from when the new one runs until it is ready', async () => {
    const fake = createFakeApp();
    const old = await startReady(fake);
    const restart = fake.app.restart(programSpec('is-slow'));
    assert.equal(fake.app.serving(), old, 'nothing has been spawned yet');
    await fake.clock.advance(1);
    assert.equal(fake.app.serving(), undefined);
    const waiting = fake.app.start(programSpec('serves'));
    await fake.clock.advance(SLOW_READY_AFTER_MS);
    assert.equal(await waiting, await restart);
  });

  it.each(['exits', 'hangs', 'is-missing'] as const)('to one that %s leaves the old one serving', async program => {
    const fake = createFakeApp();
    const old = await startReady(fake);
    const restart = assert.rejects(fake.app.restart(programSpec(program)));
    const waiting = fake.app.start(programSpec(program));
    await fake.clock.advance(40_000);
    await restart;
    assert.equal(fake.failures.length, 1, 'it is told of once, though nobody need wait for it');
    assert.equal(await waiting, old, 'who only wanted the app gets the old one');
    assert.equal(fake.app.serving(), old);
    assert.equal(fake.running().length, 1);
    assert.ok(fake.said.includes(`the new one did not start, so pid ${old.pid} goes on serving`));
  });

  it('goes on when the old one crashes meanwhile', async () => {
    const fake = createFakeApp();
    await startReady(fake);
    const restart = fake.app.restart(programSpec('is-slow'));
    await fake.clock.advance(10);
    fake.processes[0]?.exit({code: 1, signal: null});
    await fake.clock.advance(10);
    assert.equal(fake.app.instance().state, 'starting');
    await fake.clock.advance(SLOW_READY_AFTER_MS);
    assert.equal((await restart).pid, fake.running()[0]?.pid);
    assert.equal(fake.processes.length, 2);
  });

  it('that comes before the last is done counts alone', async () => {
    const fake = createFakeApp();
    await startReady(fake);
    const restarts = ['hangs', 'is-slow', 'hangs', 'serves'] as const;
    const upstreams = restarts.map(program => fake.app.restart(programSpec(program)));
    await fake.clock.advance(1_000);
    const pids = (await Promise.all(upstreams)).map(({pid}) => pid);
    assert.equal(new Set(pids).size, 1);
    assert.deepEqual(fake.failures, []);
    assert.deepEqual(
      fake.processes.map(({spec}) => spec.command[0]),
      ['serves', 'serves'],
    );
  });

  it('waits with the third process until the first has gone', async () => {
    const fake = createFakeApp(never);
    const specs = programSpec('serves', {graceMs: 1_000});
    void fake.app.start(specs);
    await fake.clock.advance(SOON_MS);
    void fake.app.restart(specs);
    await fake.clock.advance(SOON_MS);
    const third = fake.app.restart(specs);
    await fake.clock.advance(900);
    assert.equal(fake.processes.length, 2);
    assert.equal(fake.app.serving()?.pid, fake.processes[1]?.pid, 'nothing is held up meanwhile');
    await fake.clock.advance(200);
    assert.equal((await third).pid, fake.processes[2]?.pid);
    assert.equal(fake.mostAtOnce(), 2);
  });
});

describe('a restart in place', () => {
  const inPlace: readonly [string, object, object][] = [
    ['is set to', {}, {restart: 'stop-first'}],
    ['has its port pinned', {port: 3_000}, {port: 3_000}],
    ['listens on another port than it was told', {ready: 'any', port: undefined}, {ready: 'any'}],
  ];

  it.each(inPlace)('of an app that %s stops the old one first', async (why, old, changes) => {
    const fake = createFakeApp();
    const first = await startReady(fake, old);
    if (why.startsWith('listens')) fake.processes[0]?.rebind(3_000);
    const restart = fake.app.restart(programSpec('serves', changes));
    assert.equal(fake.app.serving(), undefined, 'requests wait in the gap');
    const waiting = fake.app.start(programSpec('serves'));
    await fake.clock.advance(SOON_MS);
    assert.equal(await waiting, await restart);
    assert.equal(fake.mostAtOnce(), 1);
    assert.deepEqual(fake.states().slice(-4), ['draining', 'stopped', 'starting', 'ready']);
    assert.equal(fake.drained[0]?.pid, first.pid, 'its requests are finished before it stops');
  });

  it('that fails has nothing to go on with, and tells all', async () => {
    const fake = createFakeApp();
    await startReady(fake);
    const restart = failureOf(fake.app.restart(programSpec('exits', {restart: 'stop-first'})));
    const waiting = failureOf(fake.app.start(programSpec('serves')));
    await fake.clock.advance(SOON_MS);
    assert.equal(await waiting, await restart);
    assert.equal(fake.app.instance().state, 'exited');
  });

  it('does not happen to an app on the port it was told', async () => {
    const fake = createFakeApp();
    await startReady(fake, {ready: 'any'});
    void fake.app.restart(programSpec('serves', {ready: 'any'}));
    await fake.clock.advance(1);
    assert.equal(fake.app.instance().state, 'restarting');
    await fake.clock.advance(SOON_MS);
  });
});

describe('a crash', () => {
  const crash = async (fake: FakeApp): Promise<Instance> => {
    fake.running()[0]?.exit({code: 7, signal: null});
    await fake.clock.advance(0);
    return fake.app.instance();
  };

  it('is followed by a start, each time after twice as long, and after the fifth by none', async () => {
    const fake = createFakeApp();
    await startReady(fake);
    for (const afterMs of [250, 500, 1_000, 2_000]) {
      const instance = await crash(fake);
      assert.ok(instance.state === 'backing-off');
      assert.equal(instance.retryAt - fake.clock.now(), afterMs);
      assert.match(
        fake.said.at(-1) ?? '',
        new RegExp(`^pid \\d+ exited with code 7: it crashed, and starts again in ${afterMs} ms$`),
      );
      await fake.clock.advance(afterMs + SOON_MS);
      assert.equal(fake.app.instance().state, 'ready');
    }
    const {state} = await crash(fake);
    assert.equal(state, 'exited');
    assert.match(
      fake.said.at(-1) ?? '',
      /^pid \d+ exited with code 7, the 5th crash within a minute: not started again until/,
    );
    await fake.clock.advance(600_000);
    assert.equal(fake.processes.length, 5);
    assert.equal((await startReady(fake)).pid, fake.processes[5]?.pid, 'until it is asked for');
  });

  it('is forgotten after a minute', async () => {
    const fake = createFakeApp();
    await startReady(fake);
    for (let times = 0; times < 10; times++) {
      assert.equal((await crash(fake)).state, 'backing-off');
      await fake.clock.advance(16_000);
    }
  });

  it('has those who come meanwhile wait for the start that follows', async () => {
    const fake = createFakeApp();
    const {pid} = await startReady(fake);
    await crash(fake);
    assert.equal(fake.app.serving(), undefined);
    const waiting = fake.app.start(programSpec('serves'));
    await fake.clock.advance(250 + SOON_MS);
    assert.notEqual((await waiting).pid, pid);
  });

  it.each(['exits', 'is-missing'] as const)('followed by a start that %s is not followed by another', async program => {
    const fake = createFakeApp();
    await startReady(fake);
    await crash(fake);
    const waiting = assert.rejects(fake.app.start(programSpec(program)));
    await fake.clock.advance(600_000);
    await waiting;
    const instance = fake.app.instance();
    assert.ok(instance.state === 'exited');
    assert.equal(instance.crashes, 1);
    assert.equal(fake.clock.sleeping, 0);
  });

  it('is not followed by a start when the app is stopped meanwhile', async () => {
    const fake = createFakeApp();
    await startReady(fake);
    await crash(fake);
    const waiting = failureOf(fake.app.start(programSpec('serves')));
    await fake.app.stop();
    assert.equal((await waiting).code, 'START_CANCELLED');
    await fake.clock.advance(10_000);
    assert.deepEqual(fake.app.instance(), {state: 'stopped'});
    assert.equal(fake.processes.length, 1);
    assert.equal(fake.clock.sleeping, 0);
  });

  it('is followed at once by a restart that is asked for', async () => {
    const fake = createFakeApp();
    await startReady(fake);
    await crash(fake);
    const restart = fake.app.restart(programSpec('serves'));
    await fake.clock.advance(SOON_MS);
    assert.equal((await restart).pid, fake.running()[0]?.pid);
    await fake.clock.advance(10_000);
    assert.equal(fake.processes.length, 2);
    assert.equal((await crash(fake)).state, 'backing-off', 'nothing else is on its way');
  });
});

describe('an instance that comes to listen elsewhere', () => {
  it('is another upstream, and the same as before when it comes back', async () => {
    const fake = createFakeApp();
    const first = await startReady(fake);
    fake.processes[0]?.rebind(5_000);
    const second = fake.app.serving();
    assert.deepEqual(second, {...first, port: 5_000});
    assert.equal(fake.states().filter(state => state === 'ready').length, 2);
    fake.processes[0]?.rebind(first.port);
    assert.equal(fake.app.serving(), first);
  });
});

describe('a stop', () => {
  it('during a restart ends both', async () => {
    const fake = createFakeApp(never);
    await startReady(fake);
    const restart = failureOf(fake.app.restart(programSpec('hangs')));
    await fake.clock.advance(10);
    const stop = fake.app.stop('it was told to');
    assert.equal((await restart).code, 'START_CANCELLED');
    await fake.clock.advance(SOON_MS);
    await stop;
    assert.deepEqual(fake.running(), []);
    assert.deepEqual(fake.states().slice(-2), ['draining', 'stopped']);
    assert.ok(fake.said.includes('stopping, because it was told to'));
  });

  it('of an app that does not run is nothing, and a restart of it is a start', async () => {
    const fake = createFakeApp();
    await fake.app.stop('it was told to');
    const restart = fake.app.restart(programSpec('serves'), 'app.js changed');
    await fake.clock.advance(SOON_MS);
    await restart;
    assert.deepEqual(
      fake.said.filter(text => /restarting|stopping/.test(text)),
      [],
    );
  });

  it('does not wait for requests of an old one', async () => {
    const fake = createFakeApp(never);
    await startReady(fake);
    void fake.app.restart(programSpec('serves'));
    await fake.clock.advance(SOON_MS);
    const stop = fake.app.stop();
    await fake.clock.advance(10);
    await stop;
    assert.equal(fake.clock.sleeping, 0);
  });
});
