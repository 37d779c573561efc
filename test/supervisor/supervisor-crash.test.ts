import assert from 'node:assert/strict';
import {connect} from 'node:net';
import {describe, it} from 'vitest';
import {commandSpec, fixtureSpec, isAlive} from './apps.js';
import {harnessOfEachTest} from './harness.js';

const {harness, supervisor} = harnessOfEachTest();

describe('an app that was ready', () => {
  it('and exits starts again, when what it left in its group has been ended', async () => {
    await supervisor.start(fixtureSpec('grandchild', {}, 'exit'));
    await harness.untilState('backing-off');
    const grandchild = Number(await harness.firstPrinted());
    await harness.until(() => harness.states().filter(state => state === 'starting').length === 2);
    assert.equal(await isAlive(grandchild), false);
  });

  it('and crashes says how, and starts again by itself', async () => {
    const first = await supervisor.start(fixtureSpec('crashes'));
    connect(first.port, first.host).on('error', () => {});
    await harness.untilState('backing-off');
    const instance = supervisor.instance('web');
    assert.ok(instance.state === 'backing-off');
    assert.deepEqual([instance.exit, instance.crashes], [{code: 7, signal: null}, 1]);
    assert.equal(supervisor.serving('web'), undefined);
    const second = await supervisor.start(fixtureSpec('crashes'));
    assert.notEqual(second.pid, first.pid);
    assert.deepEqual(harness.states(), ['starting', 'ready', 'backing-off', 'starting', 'ready']);
    assert.ok(
      harness.saidByTako().includes(`pid ${first.pid} exited with code 7: it crashed, and starts again in 250 ms`),
    );
  });

  it('and is killed from outside starts again', async () => {
    const first = await supervisor.start(fixtureSpec('fd4-server'));
    process.kill(first.pid, 'SIGKILL');
    await harness.untilState('backing-off');
    assert.notEqual((await supervisor.start(fixtureSpec('fd4-server'))).pid, first.pid);
  });

  it('and exits each time is given up, which its log says', async () => {
    await supervisor.start(commandSpec(['sh', '-c', 'echo 4000 >&4']));
    await harness.untilState('exited');
    await harness.until(() => harness.saidByTako().some(text => text.includes('the 5th crash within a minute')));
    assert.equal(harness.states().filter(state => state === 'starting').length, 5);
  });

  it('may write to descriptor 4 again', async () => {
    const script = 'echo 4000 >&4; sleep 0.2; echo 5000 >&4 && echo written; exec sleep 600';
    await supervisor.start(commandSpec(['sh', '-c', script]));
    await harness.until(() => harness.printed().includes('written'));
  });
});
