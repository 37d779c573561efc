import assert from 'node:assert/strict';
import {afterEach, beforeEach, describe, it, vi} from 'vitest';
import type {Traffic} from '../../src/control/exchanges.js';
import {startTrafficSampler} from '../../src/devproxy/traffic-sampler.js';

const trafficOf = (requests: number): Traffic => ({requestsPerSecond: 0, p95Ms: null, errors: 0, requests});

describe('the traffic of apps', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('is told once per second while it changes and somebody looks', () => {
    let requests = 0;
    let watched = ['web'];
    const told: string[] = [];
    const sampler = startTrafficSampler({
      watched: () => watched,
      measure: () => trafficOf(requests),
      onChange: name => void told.push(name),
    });
    vi.advanceTimersByTime(1_000);
    for (let ms = 0; ms < 3_000; ms += 10) {
      requests += 1;
      vi.advanceTimersByTime(10);
    }
    assert.equal(told.length, 4);
    vi.advanceTimersByTime(5_000);
    assert.equal(told.length, 4);
    watched = [];
    requests += 1;
    vi.advanceTimersByTime(5_000);
    assert.equal(told.length, 4);
    sampler.close();
    watched = ['web'];
    vi.advanceTimersByTime(5_000);
    assert.equal(told.length, 4);
  });

  it('stays as it is in between for those who look, and is as it is for others', () => {
    let requests = 1;
    const sampler = startTrafficSampler({
      watched: () => ['web'],
      measure: () => trafficOf(requests),
      onChange: () => undefined,
    });
    assert.equal(sampler.trafficOf('web').requests, 1);
    vi.advanceTimersByTime(1_000);
    requests = 2;
    assert.equal(sampler.trafficOf('web').requests, 1);
    assert.equal(sampler.trafficOf('other').requests, 2);
    vi.advanceTimersByTime(1_000);
    assert.equal(sampler.trafficOf('web').requests, 2);
    sampler.close();
  });
});
