import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {CRASH_WINDOW_MS, decideRetry, recentCrashes} from '../../src/supervisor/crash-policy.js';

describe('what follows a crash', () => {
  it('is a start after 250 ms, and after twice as long each further time', () => {
    const delays = [[0], [0, 1], [0, 1, 2], [0, 1, 2, 3]].map(times => decideRetry(times, 3));
    assert.deepEqual(
      delays.map(decision => decision.action === 'retry' && decision.afterMs),
      [250, 500, 1_000, 2_000],
    );
  });

  it('is none after the fifth within a minute', () => {
    assert.deepEqual(decideRetry([0, 1, 2, 3, 4], 59_000), {action: 'give-up', crashes: 5});
  });

  it('depends on no crash that is longer ago', () => {
    assert.deepEqual(recentCrashes([0, 1], CRASH_WINDOW_MS), [1]);
    assert.deepEqual(decideRetry([0, 1, 2, 3, CRASH_WINDOW_MS], CRASH_WINDOW_MS), {
      action: 'retry',
      crashes: 4,
      afterMs: 2_000,
    });
  });
});
