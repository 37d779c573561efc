import assert from 'node:assert/strict';
import {afterEach, beforeEach, describe, it, vi} from 'vitest';
import {createDebounce} from '../../../src/devproxy/watch/debounce.js';

const clock = {
  now: () => Date.now(),
  sleep: (ms: number, signal?: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      setTimeout(resolve, ms);
      signal?.addEventListener('abort', () => reject(signal.reason));
    }),
};

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function create(run: () => void | Promise<void> = () => undefined) {
  const runs: number[] = [];
  const start = Date.now();
  const record = async (): Promise<void> => {
    runs.push(Date.now() - start);
    await run();
  };
  return {runs, debounce: createDebounce({quietMs: 100, maxWaitMs: 1_000, clock, run: record})};
}

describe('a debounce', () => {
  it('runs once it was quiet for long enough', async () => {
    const {runs, debounce} = create();
    debounce.trigger();
    await vi.advanceTimersByTimeAsync(60);
    debounce.trigger();
    await vi.advanceTimersByTimeAsync(99);
    assert.deepEqual(runs, []);
    await vi.advanceTimersByTimeAsync(1);
    assert.deepEqual(runs, [160]);
  });

  it('does not wait longer than its maximum, and starts anew after that', async () => {
    const {runs, debounce} = create();
    for (let ms = 0; ms < 1_500; ms += 50) {
      debounce.trigger();
      await vi.advanceTimersByTimeAsync(50);
    }
    assert.deepEqual(runs, [1_000]);
    await vi.advanceTimersByTimeAsync(100);
    assert.deepEqual(runs, [1_000, 1_550]);
  });

  it('never runs twice at a time, and runs again for what came meanwhile', async () => {
    let finish = (): void => undefined;
    const {runs, debounce} = create(() => new Promise(resolve => (finish = resolve)));
    debounce.trigger();
    await vi.advanceTimersByTimeAsync(100);
    debounce.trigger();
    await vi.advanceTimersByTimeAsync(500);
    assert.deepEqual(runs, [100]);
    finish();
    await vi.advanceTimersByTimeAsync(0);
    assert.deepEqual(runs, [100, 600]);
    finish();
  });

  it('does not run after close', async () => {
    const {runs, debounce} = create();
    debounce.trigger();
    await debounce.close();
    debounce.trigger();
    await vi.advanceTimersByTimeAsync(5_000);
    assert.deepEqual(runs, []);
  });
});
