import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {bucketOf, quantileOf} from '../../../src/devproxy/inspector/duration-histogram.js';
import {TrafficCounter} from '../../../src/devproxy/inspector/traffic-counter.js';

describe('requests per second', () => {
  it('are those of the last ten seconds and of the one that has begun', () => {
    const counter = new TrafficCounter();
    for (let ms = 0; ms < 20_000; ms += 50) counter.begin(ms);
    assert.equal(counter.at(20_000).requestsPerSecond, 20);
    assert.equal(counter.at(20_500).requestsPerSecond, 19);
    assert.equal(counter.at(25_000).requestsPerSecond, 10);
    assert.equal(counter.at(31_000).requestsPerSecond, 0);
    assert.equal(counter.at(31_000).requests, 400);
  });

  it('are right after a long silence', () => {
    const counter = new TrafficCounter();
    counter.begin(0);
    for (let count = 0; count < 10; count++) counter.begin(3_600_000);
    assert.equal(counter.at(3_600_000).requestsPerSecond, 1);
  });
});

describe('p95', () => {
  it('is of the last minute, and at most 9% off', () => {
    const counter = new TrafficCounter();
    assert.equal(counter.at(0).p95Ms, null);
    for (let count = 1; count <= 1_000; count++) counter.complete(500, count);
    const {p95Ms} = counter.at(1_000);
    assert.ok(p95Ms !== null && Math.abs(p95Ms - 950) < 0.1 * 950, String(p95Ms));
    assert.notEqual(counter.at(59_000).p95Ms, null);
    assert.equal(counter.at(71_000).p95Ms, null);
  });

  it('is not moved by a few that took long', () => {
    const counter = new TrafficCounter();
    for (let count = 0; count < 96; count++) counter.complete(0, 2);
    for (let count = 0; count < 4; count++) counter.complete(0, 60_000);
    assert.ok((counter.at(0).p95Ms ?? 0) < 3);
    counter.complete(0, 60_000);
    counter.complete(0, 60_000);
    assert.ok((counter.at(0).p95Ms ?? 0) > 50_000);
  });

  it('takes durations of any length', () => {
    for (const ms of [0, 1e-9, 0.0624, 1, 1e6, 1e12, Number.MAX_VALUE]) {
      const counts = new Uint32Array(100);
      (counts[bucketOf(ms)] as number)++;
      const found = quantileOf(counts, 0.95) ?? 0;
      if (ms > 0.07 && ms < 200_000) assert.ok(Math.abs(found / ms - 1) < 0.1, `${ms}: ${found}`);
      assert.ok(Number.isFinite(found) && found > 0);
    }
    assert.equal(quantileOf(new Uint32Array(4), 0.5), undefined);
  });
});
