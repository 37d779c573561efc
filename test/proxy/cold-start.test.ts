import assert from 'node:assert/strict';
import {describe, it, onTestFinished, vi} from 'vitest';
import {ActivationError, type ColdStartOptions, createColdStart} from '../../src/proxy/cold-start.js';
import type {Upstream} from '../../src/proxy/upstream.js';
import {TakoError} from '../../src/system/error.js';

const UPSTREAM: Upstream = {host: '127.0.0.1', port: 4711};
const never = new AbortController().signal;

type PendingStart = {readonly app: string; succeed(): void; fail(error: Error): void};

/** A cold start whose activations end when the test says so. */
function createTestColdStart(options: Partial<ColdStartOptions> = {}) {
  const starts: PendingStart[] = [];
  const coldStart = createColdStart({
    activate: app =>
      new Promise((resolve, reject) => starts.push({app, succeed: () => resolve(UPSTREAM), fail: reject})),
    ...options,
  });
  const start = (index: number): PendingStart => {
    const pending = starts[index];
    if (!pending) throw new Error(`there is no start ${index}`);
    return pending;
  };
  return {starts, start, wait: (app = 'app', signal = never) => coldStart.wait(app, signal)};
}

const failsWith = (failure: string, code: string) => (error: unknown) =>
  error instanceof ActivationError && error.failure === failure && error.code === code;

describe('a cold start', () => {
  it('is one start for all who wait', async () => {
    const {starts, start, wait} = createTestColdStart();
    const waiting = Array.from({length: 100}, () => wait());
    assert.equal(starts.length, 1);
    start(0).succeed();
    assert.deepEqual(new Set(await Promise.all(waiting)), new Set([UPSTREAM]));
  });

  it('is one start per app', async () => {
    const {starts, start, wait} = createTestColdStart();
    const waiting = [wait('one'), wait('two')];
    assert.deepEqual(
      starts.map(({app}) => app),
      ['one', 'two'],
    );
    start(1).succeed();
    await waiting[1];
    start(0).succeed();
    await waiting[0];
  });

  it('begins anew after it succeeded, should the app be gone again', async () => {
    const {starts, start, wait} = createTestColdStart();
    const first = wait();
    start(0).succeed();
    await first;
    const second = wait();
    assert.equal(starts.length, 2);
    start(1).succeed();
    await second;
  });

  it('tells all who wait why it failed, and is not remembered', async () => {
    const {starts, start, wait} = createTestColdStart();
    const waiting = [wait(), wait()];
    start(0).fail(new TakoError('APP_EXITED', 'the app exited with code 1', {hint: 'fix it', details: ['boom']}));
    for (const one of waiting) {
      await assert.rejects(one, (error: unknown) => {
        assert.ok(error instanceof ActivationError);
        const {failure, code, message, hint, details} = error;
        assert.deepEqual(
          {failure, code, message, hint, details},
          {
            failure: 'failed',
            code: 'APP_EXITED',
            message: 'the app exited with code 1',
            hint: 'fix it',
            details: ['boom'],
          },
        );
        return true;
      });
    }
    const again = wait();
    assert.equal(starts.length, 2);
    start(1).succeed();
    assert.equal(await again, UPSTREAM);
  });

  it('passes on an ActivationError as it is, and what is a bug too', async () => {
    const {start, wait} = createTestColdStart();
    const late = new ActivationError('timed-out', 'APP_NOT_READY', 'too slow');
    const first = wait();
    start(0).fail(late);
    await assert.rejects(first, error => error === late);
    const bug = new TypeError('not a function');
    const second = wait();
    start(1).fail(bug);
    await assert.rejects(second, error => error === bug);
  });

  it('is not remembered when activation throws at once', async () => {
    let calls = 0;
    const coldStart = createColdStart({
      activate() {
        calls += 1;
        throw new TakoError('BROKEN', 'broken');
      },
    });
    await assert.rejects(coldStart.wait('app', never), failsWith('failed', 'BROKEN'));
    await assert.rejects(coldStart.wait('app', never), failsWith('failed', 'BROKEN'));
    assert.equal(calls, 2);
  });

  it('sheds those who come when too many wait, and takes new ones when some have left', async () => {
    const {start, wait} = createTestColdStart({maxWaiting: 2});
    const leaver = new AbortController();
    const waiting = [wait(), wait('app', leaver.signal)];
    await assert.rejects(wait(), failsWith('queue-full', 'APP_QUEUE_FULL'));
    leaver.abort();
    await assert.rejects(waiting[1] ?? Promise.resolve(), failsWith('cancelled', 'CLIENT_LEFT'));
    const next = wait();
    start(0).succeed();
    assert.deepEqual(await Promise.all([waiting[0], next]), [UPSTREAM, UPSTREAM]);
  });

  it('is waited for until the deadline of each request, and goes on after it', async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const {starts, start, wait} = createTestColdStart({deadlineMs: 30_000});
    const early = wait();
    const missed = assert.rejects(early, failsWith('timed-out', 'APP_START_DEADLINE'));
    await vi.advanceTimersByTimeAsync(29_999);
    const late = wait();
    await vi.advanceTimersByTimeAsync(1);
    await missed;
    start(0).succeed();
    assert.equal(await late, UPSTREAM);
    assert.equal(starts.length, 1);
    assert.equal(vi.getTimerCount(), 0);
  });

  it('goes on when a client leaves', async () => {
    const {starts, start, wait} = createTestColdStart();
    const leaver = new AbortController();
    const left = wait('app', leaver.signal);
    const stays = wait();
    leaver.abort();
    await assert.rejects(left, failsWith('cancelled', 'CLIENT_LEFT'));
    start(0).succeed();
    assert.equal(await stays, UPSTREAM);
    assert.equal(starts.length, 1);
  });

  it('does not begin for a client that is gone already', async () => {
    const {starts, wait} = createTestColdStart();
    await assert.rejects(wait('app', AbortSignal.abort()), failsWith('cancelled', 'CLIENT_LEFT'));
    assert.equal(starts.length, 0);
  });

  it('may fail after everyone left', async () => {
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    onTestFinished(() => void process.off('unhandledRejection', unhandled));
    const {start, wait} = createTestColdStart();
    const leaver = new AbortController();
    const left = wait('app', leaver.signal);
    leaver.abort();
    await assert.rejects(left, failsWith('cancelled', 'CLIENT_LEFT'));
    start(0).fail(new Error('too late to matter'));
    // Unhandled rejections are reported once the microtasks are done.
    await new Promise(resolve => setImmediate(resolve));
    assert.equal(unhandled.mock.calls.length, 0);
  });
});
