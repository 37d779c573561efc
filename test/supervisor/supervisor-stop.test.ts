import assert from 'node:assert/strict';
import {connect} from 'node:net';
import {afterEach, beforeEach, describe, it, vi} from 'vitest';
import type {Instance} from '../../src/supervisor/instance.js';
import {createSupervisor, type Supervisor} from '../../src/supervisor/supervisor.js';
import {systemClock} from '../../src/system/clock.js';
import {commandSpec, fixtureSpec, isAlive} from './apps.js';
import {createHarness, failureOf, type Harness} from './harness.js';
import {createMemoryRecords} from './memory-records.js';

let harness: Harness;
let supervisor: Supervisor;

beforeEach(() => {
  harness = createHarness();
  supervisor = harness.supervisor;
});

afterEach(() => supervisor.close());

describe('stopping', () => {
  it('ends the app, its group and its record', async () => {
    const {pid} = await supervisor.start(fixtureSpec('grandchild', {}, 'wait'));
    const grandchild = Number(await harness.firstPrinted());
    await supervisor.stop('web');
    assert.deepEqual([await isAlive(pid), await isAlive(grandchild)], [false, false]);
    assert.deepEqual(supervisor.instance('web'), {state: 'stopped'});
    assert.deepEqual(harness.records.all(), []);
  });

  it('twice is stopping once', async () => {
    await supervisor.start(fixtureSpec('fd4-server'));
    await Promise.all([supervisor.stop('web'), supervisor.stop('web')]);
    await supervisor.stop('web');
    assert.deepEqual(harness.states(), ['starting', 'ready', 'draining', 'stopped']);
  });

  it('kills an app that does not heed within its grace period', async () => {
    const {pid} = await supervisor.start(fixtureSpec('ignores-sigterm', {graceMs: 400}));
    await supervisor.stop('web');
    assert.equal(await isAlive(pid), false);
    assert.deepEqual(harness.printed(), ['not yet']);
    assert.equal(harness.saidByTako().at(-1), 'killed, as it had not stopped within 0.4 s');
  });

  it('cancels a start', async () => {
    const start = failureOf(supervisor.start(fixtureSpec('never-ready')));
    await harness.untilState('starting');
    await supervisor.stop('web');
    assert.equal((await start).code, 'START_CANCELLED');
    assert.deepEqual(harness.states(), ['starting', 'draining', 'stopped']);
  });

  it('cancels a start that has no process yet', async () => {
    const start = failureOf(supervisor.start(fixtureSpec('never-ready')));
    await supervisor.stop('web');
    assert.equal((await start).code, 'START_CANCELLED');
    assert.deepEqual(supervisor.instance('web'), {state: 'stopped'});
  });

  it('is over before a start that was asked for meanwhile begins', async () => {
    const first = await supervisor.start(fixtureSpec('ignores-sigterm', {graceMs: 400}));
    void supervisor.stop('web');
    await harness.untilState('draining');
    const second = await supervisor.start(fixtureSpec('fd4-server'));
    assert.equal(await isAlive(first.pid), false);
    assert.equal(await isAlive(second.pid), true);
    assert.deepEqual(harness.states(), ['starting', 'ready', 'draining', 'stopped', 'starting', 'ready']);
  });

  it('does not wait for a process that left the group and kept the output open', async () => {
    await supervisor.start(fixtureSpec('leaves-group'));
    const escaped = Number(await harness.firstPrinted());
    await supervisor.stop('web');
    assert.equal(await isAlive(escaped), true);
    process.kill(escaped, 'SIGKILL');
  });

  it('an app that never ran is nothing', async () => {
    await supervisor.stop('unknown');
    assert.deepEqual(supervisor.instance('unknown'), {state: 'stopped'});
  });
});

describe('restarting', () => {
  it('replaces the process and follows the new spec', async () => {
    const first = await supervisor.start(fixtureSpec('says', {}, '4000\n'));
    const [second, joined] = await Promise.all([
      supervisor.restart(fixtureSpec('says', {}, '5000\n')),
      supervisor.start(fixtureSpec('says', {}, '4000\n')),
    ]);
    assert.equal(second.port, 5_000);
    assert.deepEqual(joined, second);
    assert.equal(await isAlive(first.pid), false);
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
});

describe('a fault while an app is being ended', () => {
  const refuseOnce = (): void => {
    vi.spyOn(process, 'kill').mockImplementationOnce(() => {
      throw Object.assign(new Error('EMFILE: too many open files'), {code: 'EMFILE'});
    });
  };

  it('ends that app only, and is told in its log', async () => {
    const {pid} = await supervisor.start(fixtureSpec('fd4-server'));
    refuseOnce();
    await supervisor.stop('web');
    assert.deepEqual(supervisor.instance('web'), {state: 'stopped'});
    assert.equal(harness.saidByTako().at(-1), 'given up: EMFILE: too many open files');
    assert.notEqual((await supervisor.start(fixtureSpec('fd4-server'))).pid, pid);
    assert.equal(await isAlive(pid), false);
  });

  it('keeps nobody waiting', async () => {
    const start = failureOf(supervisor.start(fixtureSpec('never-ready')));
    await harness.untilState('starting');
    refuseOnce();
    await supervisor.stop('web');
    assert.equal((await start).code, 'START_CANCELLED');
  });

  it('of whoever listens to the app is answered to those who wait', async () => {
    const records = createMemoryRecords();
    const onEvent = vi.fn().mockImplementationOnce(() => {
      throw new Error('listener failed');
    });
    const faulty = createSupervisor({clock: systemClock, records, onEvent});
    await assert.rejects(faulty.start(fixtureSpec('fd4-server')), /listener failed/);
    assert.equal(records.all().length, 1, 'its group is known until it is certain to have ended');
    assert.equal((await faulty.start(fixtureSpec('says', {}, '4000\n'))).port, 4_000);
    assert.equal(await isAlive(onEvent.mock.calls[0]?.[0].instance.pid), false);
    await faulty.close();
  });
});

describe('an app that was ready', () => {
  it('and exits is exited, with what it left in its group ended', async () => {
    await supervisor.start(fixtureSpec('grandchild', {}, 'exit'));
    await harness.untilState('exited');
    const grandchild = Number(await harness.firstPrinted());
    await supervisor.stop('web');
    assert.equal(await isAlive(grandchild), false);
  });

  it('and crashes says how, and starts again when asked', async () => {
    const first = await supervisor.start(fixtureSpec('crashes'));
    connect(first.port, first.host).on('error', () => {});
    await harness.untilState('exited');
    const {exit} = supervisor.instance('web') as Instance & {state: 'exited'};
    assert.deepEqual(exit, {code: 7, signal: null});
    assert.equal(harness.saidByTako().at(-1), 'exited with code 7');
    const second = await supervisor.start(fixtureSpec('crashes'));
    assert.notEqual(second.pid, first.pid);
  });

  it('may write to descriptor 4 again', async () => {
    const script = 'echo 4000 >&4; sleep 0.2; echo 5000 >&4 && echo written; exec sleep 600';
    await supervisor.start(commandSpec(['sh', '-c', script]));
    await harness.until(() => harness.printed().includes('written'));
  });
});
