import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {fitByRank} from '../../src/ui/fit.js';

const PARTS = [
  {name: 'a', columns: 3, rank: 2},
  {name: 'b', columns: 4, rank: 0},
  {name: 'c', columns: 2, rank: 1},
];
const fitting = (columns: number): string =>
  fitByRank(PARTS, columns, 1)
    .map(({name}) => name)
    .join('');

describe('what fits on a line', () => {
  it('is in its order, and goes by its rank', () => {
    assert.equal(fitting(11), 'abc');
    assert.equal(fitting(10), 'bc');
    assert.equal(fitting(7), 'bc');
    assert.equal(fitting(6), 'b');
    assert.equal(fitting(3), '');
  });

  it('is nothing of nothing', () => {
    assert.deepEqual(fitByRank([], 10, 1), []);
  });
});
