import assert from 'node:assert/strict';
import {afterEach, beforeEach, describe, it, vi} from 'vitest';
import {type MemorySampler, startMemorySampler} from '../../src/devproxy/memory-sampler.js';

const APPS = [
  {name: 'web', pid: 100},
  {name: 'api', pid: 200},
];

let sampler: MemorySampler;

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  sampler.close();
  vi.useRealTimers();
});

const seconds = (count: number): Promise<unknown> => vi.advanceTimersByTimeAsync(count * 1_000);

describe('the memory sampler', () => {
  it('measures all watched apps at once', async () => {
    const measure = vi.fn(async () => new Map([[100, 5_000]]));
    const sampled: string[] = [];
    sampler = startMemorySampler(
      () => APPS,
      name => sampled.push(name),
      measure,
    );
    assert.equal(sampler.memoryOf('web'), null);
    await seconds(2);
    assert.deepEqual(measure.mock.calls, [[[100, 200]]]);
    assert.deepEqual([sampler.memoryOf('web'), sampler.memoryOf('api'), sampler.memoryOf('x')], [5_000, 0, null]);
    assert.deepEqual(sampled, ['web', 'api']);
  });

  it('looks at no process when nobody watches', async () => {
    const measure = vi.fn(async () => new Map<number, number>());
    sampler = startMemorySampler(
      () => [],
      () => {},
      measure,
    );
    await seconds(10);
    assert.equal(measure.mock.calls.length, 0);
  });

  it('begins no measurement before the last one is done, and goes on after one that failed', async () => {
    let fail = (): void => {};
    const measure = vi.fn(
      () =>
        new Promise<Map<number, number>>((_resolve, reject) => {
          fail = () => reject(new Error('EMFILE'));
        }),
    );
    sampler = startMemorySampler(
      () => APPS,
      () => {},
      measure,
    );
    await seconds(10);
    assert.equal(measure.mock.calls.length, 1);
    fail();
    await seconds(2);
    assert.equal(measure.mock.calls.length, 2);
  });

  it('stops when it is closed, also during a measurement', async () => {
    const measured = Promise.withResolvers<Map<number, number>>();
    const measure = vi.fn(() => measured.promise);
    const onSample = vi.fn();
    sampler = startMemorySampler(() => APPS, onSample, measure);
    await seconds(2);
    sampler.close();
    measured.resolve(new Map());
    await seconds(10);
    assert.deepEqual([measure.mock.calls.length, onSample.mock.calls.length], [1, 0]);
  });
});
