import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {decideReplacement, isFastDeath} from '../../../src/proxy/workers/replacement.js';

describe('a worker that has ended', () => {
  it('is replaced at once the first time', () => {
    assert.deepEqual(decideReplacement(0), {action: 'replace', afterMs: 0});
    assert.deepEqual(decideReplacement(1), {action: 'replace', afterMs: 0});
  });

  it('is replaced later and later when those before it died fast too, and then not any more', () => {
    assert.deepEqual(
      [2, 3, 4, 5].map(decideReplacement),
      [100, 200, 400].map(afterMs => ({action: 'replace', afterMs}) as object).concat({action: 'give-up'}),
    );
  });

  it('died fast when it never served, or not for a second', () => {
    assert.deepEqual(
      [isFastDeath(undefined, 9_000), isFastDeath(8_001, 9_000), isFastDeath(8_000, 9_000)],
      [true, true, false],
    );
  });
});
