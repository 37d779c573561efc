import assert from 'node:assert/strict';
import fc from 'fast-check';
import {describe, it} from 'vitest';
import {
  afterCheck,
  DEFAULT_HEALTH_THRESHOLDS,
  HEALTHY,
  type Health,
  UNHEALTHY,
} from '../../../src/proxy/load-balancing/health.js';

/** `'+-'` is a passed check and then a failed one. */
const stateAfter = (health: Health, results: string): Health['state'] =>
  [...results].reduce((state, result) => afterCheck(state, result === '+', DEFAULT_HEALTH_THRESHOLDS), health).state;

describe('health', () => {
  it.each([
    ['-', 'healthy'],
    ['--', 'healthy'],
    ['---', 'unhealthy'],
    ['--+--', 'healthy'],
    ['--+---', 'unhealthy'],
    ['---+', 'unhealthy'],
    ['---++', 'healthy'],
    ['---+-+', 'unhealthy'],
    ['---+-++', 'healthy'],
    ['---++--', 'healthy'],
  ] as const)('of a healthy backend after %s is %s', (results, state) => {
    assert.equal(stateAfter(HEALTHY, results), state);
  });

  it.each([
    ['+', 'unhealthy'],
    ['++', 'healthy'],
    ['+-+', 'unhealthy'],
  ] as const)('of an unhealthy backend after %s is %s', (results, state) => {
    assert.equal(stateAfter(UNHEALTHY, results), state);
  });

  it('changes only after a whole run of results that speak against it', () => {
    const thresholds = fc.record({rise: fc.integer({min: 1, max: 4}), fall: fc.integer({min: 1, max: 4})});
    fc.assert(
      fc.property(thresholds, fc.array(fc.boolean(), {maxLength: 40}), (limits, results) => {
        let health: Health = HEALTHY;
        results.forEach((isPassed, index) => {
          const next = afterCheck(health, isPassed, limits);
          const needed = health.state === 'healthy' ? limits.fall : limits.rise;
          const run = results.slice(Math.max(0, index + 1 - needed), index + 1);
          const isTurned = run.length === needed && run.every(result => result === (health.state === 'unhealthy'));
          assert.equal(next.state !== health.state, isTurned);
          health = next;
        });
      }),
      {seed: 20_261_121},
    );
  });
});
