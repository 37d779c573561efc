import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {createLineQueue} from '../../src/ui/line-queue.js';

describe('a line queue', () => {
  it('gives out what was pushed, once', () => {
    const queue = createLineQueue<number>(3);
    queue.push(1);
    queue.push(2);
    assert.deepEqual(queue.take(), {lines: [1, 2], skipped: 0});
    assert.deepEqual(queue.take(), {lines: [], skipped: 0});
  });

  it('keeps the newest lines and counts the others', () => {
    const queue = createLineQueue<number>(3);
    for (let line = 1; line <= 10; line++) queue.push(line);
    assert.deepEqual(queue.take(), {lines: [8, 9, 10], skipped: 7});
  });
});
