import assert from 'node:assert/strict';
import {describe, it, vi} from 'vitest';
import {createSupervisor} from '../../src/supervisor/supervisor.js';
import {systemClock} from '../../src/system/clock.js';
import {fixtureSpec, isAlive} from './apps.js';
import {failureOf, harnessOfEachTest} from './harness.js';
import {createMemoryRecords} from './memory-records.js';

const {harness, supervisor} = harnessOfEachTest();

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
    assert.equal(harness.saidByTako().at(-1), `pid ${pid} was killed, as it had not stopped within 0.4 s`);
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
    assert.equal(harness.saidByTako().at(-1), `pid ${pid} is given up: EMFILE: too many open files`);
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
