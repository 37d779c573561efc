import assert from 'node:assert/strict';
import {once} from 'node:events';
import {describe, it} from 'vitest';
import {awaitHealthy} from '../../../src/prod/rollout/health.js';
import type {Probe} from '../../../src/proxy/load-balancing/probe.js';
import {systemClock} from '../../../src/system/clock.js';

const UPSTREAM = {host: '127.0.0.1', port: 1};
const {signal} = new AbortController();

/** Gives these answers, then none. */
function probeOf(...problems: string[]): Probe {
  const answers = problems.values();
  return async (_, aborted) => {
    const {value: problem} = answers.next();
    if (problem === undefined) await once(aborted, 'abort');
    return {ok: false, problem: problem ?? 'aborted'};
  };
}

const ask = (probe: Probe, timeoutMs: number): Promise<string | undefined> =>
  awaitHealthy(UPSTREAM, {intervalMs: 10, timeoutMs, windowMs: 100}, {probe, clock: systemClock, signal});

describe('the reason why an instance is not healthy', () => {
  it('is what it answered, also when the window ends while it is asked once more', async () => {
    assert.equal(await ask(probeOf('answered with another token'), 60_000), 'answered with another token');
  });

  it('is that it did not answer, when it had its time for that', async () => {
    assert.equal(await ask(probeOf('answered 500'), 20), 'did not answer in time');
    assert.equal(await ask(probeOf(), 60_000), 'did not answer in time');
  });
});
