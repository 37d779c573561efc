import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {createBell} from '../../src/devproxy/bell.js';

const never = new AbortController().signal;

/** Whether the promise resolves before everything else that can happen now has happened. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol('pending');
  const afterwards = new Promise(resolve => setImmediate(resolve, pending));
  return (await Promise.race([promise, afterwards])) !== pending;
}

describe('a bell', () => {
  it('wakes who waits', async () => {
    const bell = createBell();
    const waiting = bell.wait(never);
    assert.equal(await isSettled(waiting), false);
    bell.ring();
    await waiting;
  });

  it('keeps a ring that nobody waited for, but only one', async () => {
    const bell = createBell();
    bell.ring();
    bell.ring();
    await bell.wait(never);
    assert.equal(await isSettled(bell.wait(never)), false);
  });

  it('does not count a ring twice that woke somebody', async () => {
    const bell = createBell();
    const waiting = bell.wait(never);
    bell.ring();
    await waiting;
    assert.equal(await isSettled(bell.wait(never)), false);
  });

  it('lets go of who waits when the signal aborts, and of who comes later', async () => {
    const bell = createBell();
    const controller = new AbortController();
    const waiting = bell.wait(controller.signal);
    controller.abort();
    await waiting;
    await bell.wait(controller.signal);
  });
});
