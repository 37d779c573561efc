import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {actionsFor, fitHints, KEYS} from '../../src/ui/keys.js';

const PLAIN = {ctrl: false, meta: false};
const hints = (columns: number): string =>
  fitHints(columns)
    .map(({keys, hint}) => `${keys[0]} ${hint}`)
    .join('  ');

describe('the keys', () => {
  it('mean the same in upper case', () => {
    assert.deepEqual(actionsFor('r', PLAIN), ['restart']);
    assert.deepEqual(actionsFor('R', PLAIN), ['restart']);
  });

  it('are all heard when they arrive at once', () => {
    assert.deepEqual(actionsFor('o?xQ', PLAIN), ['open', 'help', 'stop']);
  });

  it('include Ctrl-C, and no other letter with Ctrl or Alt', () => {
    assert.deepEqual(actionsFor('c', {ctrl: true, meta: false}), ['stop']);
    assert.deepEqual(actionsFor('r', {ctrl: true, meta: false}), []);
    assert.deepEqual(actionsFor('q', {ctrl: false, meta: true}), []);
  });

  it('belong to one action each, and each has a rank of its own', () => {
    const keys = KEYS.flatMap(({keys}) => keys);
    assert.equal(new Set(keys).size, keys.length);
    assert.deepEqual(KEYS.map(({rank}) => rank).sort(), [...KEYS.keys()]);
  });
});

describe('the row of hints', () => {
  it('shows every key where there is room', () => {
    assert.equal(hints(59), 'r restart  o open  c copy URL  b background  ? help  q stop');
  });

  it('leaves out the dispensable ones where there is not', () => {
    assert.equal(hints(38), 'r restart  o open  ? help  q stop');
    assert.equal(hints(10), 'q stop');
    assert.equal(hints(3), '');
  });
});
