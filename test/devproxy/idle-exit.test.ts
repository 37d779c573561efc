import assert from 'node:assert/strict';
import {afterEach, beforeEach, describe, it, vi} from 'vitest';
import {createIdleExit} from '../../src/devproxy/idle-exit.js';

const LONG_MS = 60 * 60_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function create() {
  const state = {isIdle: true};
  const exit = vi.fn();
  return {state, exit, idle: createIdleExit(() => state.isIdle, exit)};
}

describe('a daemon that nobody needs', () => {
  it('ends by itself when no client ever comes', () => {
    const {exit} = create();
    vi.advanceTimersByTime(LONG_MS);
    assert.equal(exit.mock.calls.length, 1);
  });

  it('does not end while it is needed, however long', () => {
    const {state, exit, idle} = create();
    state.isIdle = false;
    idle.check();
    vi.advanceTimersByTime(LONG_MS);
    assert.equal(exit.mock.calls.length, 0);
  });

  it('ends some time after it was needed last, and not at once', () => {
    const {state, exit, idle} = create();
    state.isIdle = false;
    idle.check();
    vi.advanceTimersByTime(LONG_MS);
    state.isIdle = true;
    idle.check();
    assert.equal(exit.mock.calls.length, 0);
    vi.advanceTimersByTime(LONG_MS);
    assert.equal(exit.mock.calls.length, 1);
  });

  it('goes on when it is needed again before that time is over', () => {
    const {state, exit, idle} = create();
    idle.check();
    state.isIdle = false;
    idle.check();
    vi.advanceTimersByTime(LONG_MS);
    assert.equal(exit.mock.calls.length, 0);
  });

  it('does nothing any more once closed, whatever is reported then', () => {
    const {exit, idle} = create();
    idle.close();
    idle.check();
    vi.advanceTimersByTime(LONG_MS);
    assert.equal(exit.mock.calls.length, 0);
    assert.equal(vi.getTimerCount(), 0);
  });
});
