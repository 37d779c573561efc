import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {backgroundClock, sleepUnlessAborted} from '../../../src/proxy/load-balancing/background-clock.js';

const timersThatKeepUsAlive = (): number => process.getActiveResourcesInfo().filter(name => name === 'Timeout').length;

describe('the background clock', () => {
  it('does not keep the process alive', async () => {
    const stop = new AbortController();
    const before = timersThatKeepUsAlive();
    const ordinary = setTimeout(() => undefined, 60_000);
    assert.equal(timersThatKeepUsAlive(), before + 1);
    clearTimeout(ordinary);
    const sleep = sleepUnlessAborted(backgroundClock, 60_000, stop.signal);
    assert.equal(timersThatKeepUsAlive(), before);
    stop.abort();
    await sleep;
  });

  it('tells the time', () => {
    assert.ok(Math.abs(backgroundClock.now() - Date.now()) < 60_000);
  });

  it('passes on a failure that is not the end of the wait', async () => {
    const broken = {...backgroundClock, sleep: () => Promise.reject(new Error('out of time'))};
    await assert.rejects(sleepUnlessAborted(broken, 1, new AbortController().signal), /out of time/);
  });
});
