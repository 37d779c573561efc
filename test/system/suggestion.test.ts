import assert from 'node:assert/strict';
import fc from 'fast-check';
import {describe, it} from 'vitest';
import {editDistance, nearest} from '../../src/system/suggestion.js';

describe('nearest', () => {
  it('finds the word that was meant', () => {
    const keys = ['name', 'route', 'routes', 'idle_timeout', 'restart'];
    assert.equal(nearest('rout', keys), 'route');
    assert.equal(nearest('nmae', keys), 'name');
    assert.equal(nearest('idleTimeout', keys), 'idle_timeout');
  });

  it('suggests nothing for a word that is like none of them', () => {
    assert.equal(nearest('database', ['name', 'route', 'port']), undefined);
    assert.equal(nearest('x', ['name']), undefined);
    assert.equal(nearest('x'.repeat(1_000_000), ['name']), undefined);
  });

  it('takes no more wrong letters than it is told to, and the first of those that are equally near', () => {
    assert.equal(nearest('expresss', ['impress', 'express'], 1), 'express');
    assert.equal(nearest('exprss', ['expose'], 1), undefined);
    assert.equal(nearest('exprss', ['expose']), 'expose');
    assert.equal(nearest('tast', ['test', 'last'], 1), 'test');
  });
});

describe('editDistance', () => {
  it('counts a swap of neighbours as one edit', () => {
    assert.equal(editDistance('prot', 'port'), 1);
  });

  it('counts a letter too many, too few or another one as one edit each', () => {
    assert.deepEqual(
      ['portt', 'pot', 'part', 'pat'].map(word => editDistance(word, 'port')),
      [1, 1, 1, 2],
    );
  });

  it('is a distance: nothing from a word to itself, the same in both directions, at most the longer length', () => {
    const word = fc.string({maxLength: 12});
    fc.assert(
      fc.property(word, word, (a, b) => {
        assert.equal(editDistance(a, a), 0);
        assert.equal(editDistance(a, b), editDistance(b, a));
        assert.ok(editDistance(a, b) <= Math.max(a.length, b.length));
      }),
      {seed: 2, numRuns: 500},
    );
  });
});
