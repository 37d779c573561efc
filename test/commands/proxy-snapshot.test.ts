import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {usableOf} from '../../src/commands/proxy/snapshot.js';
import type {BackendState} from '../../src/proxy/load-balancing/backend.js';

const usable = (...states: BackendState[]): readonly string[] =>
  usableOf(states.map((state, index) => ({address: String(index), state})));

describe('the upstreams that workers may use', () => {
  it('are those that are well', () => {
    assert.deepEqual(usable('healthy', 'unhealthy', 'slow-start', 'ejected'), ['0', '2']);
  });

  it('are the ejected ones when nothing else is left, and never the unhealthy ones', () => {
    assert.deepEqual(usable('ejected', 'unhealthy'), ['0']);
    assert.deepEqual(usable('unhealthy'), []);
  });
});
