import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {REPORT_INTERVAL_MS, seldom} from '../../../src/prod/deploy/seldom.js';

const NOTHING = {totalObjects: 1_000, totalBytes: 1_000, readBytes: 0, sentBytes: 0};

describe('the progress of an upload', () => {
  it('is told first, last, and a few times per second between', () => {
    const told: number[] = [];
    let now = 0;
    const report = seldom(
      ({objects}) => told.push(objects),
      () => now,
    );
    for (let objects = 1; objects <= 1_000; objects++) {
      report({...NOTHING, objects});
      now += 1;
    }
    const expected = [1, 2, 3].map(count => 1 + count * REPORT_INTERVAL_MS);
    assert.deepEqual(told, [1, ...expected, 1_000]);
  });
});
