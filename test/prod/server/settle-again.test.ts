import assert from 'node:assert/strict';
import {describe, it, onTestFinished} from 'vitest';
import {createSettleAgain} from '../../../src/prod/server/settle-again.js';
import {createFakeClock} from '../../proxy/load-balancing/fake-clock.js';

const SECOND_MS = 1_000;

/** A deployment of which so many starts fail, and when each of them was. */
function open({failures = 0, scale = 2} = {}) {
  const clock = createFakeClock(0);
  const settledAt: number[] = [];
  let isHere = true;
  const deployment = {
    settings: {scale, isStopped: false},
    job: undefined,
    async settle() {
      settledAt.push(clock.now() / SECOND_MS);
      if (settledAt.length <= failures) throw new Error('it does not start');
    },
  };
  const again = createSettleAgain<typeof deployment>(clock, () => isHere);
  onTestFinished(() => again.close());
  return {...{clock, settledAt, deployment, again}, remove: () => (isHere = false)};
}

describe('a deployment whose start has failed', () => {
  it('is brought up again, later and later, until it is as it is to be', async () => {
    const {clock, settledAt, deployment, again} = open({failures: 5});
    again.failed(deployment);
    await clock.advance(600 * SECOND_MS);
    assert.deepEqual(settledAt, [5, 15, 35, 75, 135, 195]);
  });

  it('is brought up by one only, however often a start fails meanwhile', async () => {
    const {clock, settledAt, deployment, again} = open({failures: 2});
    again.failed(deployment);
    again.failed(deployment);
    await clock.advance(6 * SECOND_MS);
    again.failed(deployment);
    await clock.advance(600 * SECOND_MS);
    assert.deepEqual(settledAt, [5, 15, 35]);
  });

  it('is left to its next request where it runs on demand', async () => {
    const {clock, settledAt, deployment, again} = open({scale: 0});
    again.failed(deployment);
    await clock.advance(600 * SECOND_MS);
    assert.deepEqual(settledAt, []);
  });

  it('is left alone when it is stopped, or gone, or the server process is another', async () => {
    for (const end of ['stop', 'remove', 'close'] as const) {
      const {clock, settledAt, deployment, again, remove} = open({failures: 9});
      again.failed(deployment);
      await clock.advance(6 * SECOND_MS);
      if (end === 'stop') deployment.settings.isStopped = true;
      else if (end === 'remove') remove();
      else again.close();
      await clock.advance(600 * SECOND_MS);
      assert.deepEqual(settledAt, [5], end);
    }
  });
});
