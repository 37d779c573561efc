import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {actionsFor, bindingsFor, fitHints, focusAfter} from '../../src/ui/keys.js';

const PLAIN = {ctrl: false, meta: false};
const hints = (columns: number, apps = 1): string =>
  fitHints(columns, bindingsFor(apps))
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
    const bindings = bindingsFor(2);
    const keys = bindings.flatMap(({keys}) => keys);
    assert.equal(new Set(keys).size, keys.length);
    assert.deepEqual(bindings.map(({rank}) => rank).sort(), [...bindings.keys()]);
  });
});

describe('the app that the keys are about', () => {
  const NO_TAB = {...PLAIN, tab: false, shift: false};

  it.each([
    [0, false, 1],
    [2, false, 0],
    [0, true, 2],
    [2, true, 1],
  ])('after %i and Tab (with Shift: %s) is %i of three', (focus, shift, expected) => {
    assert.equal(focusAfter(focus, '', {...PLAIN, tab: true, shift}, 3), expected);
  });

  it('is the one of the last digit', () => {
    assert.equal(focusAfter(0, '3', NO_TAB, 3), 2);
    assert.equal(focusAfter(0, '23', NO_TAB, 3), 2);
    assert.equal(focusAfter(2, '1r', NO_TAB, 3), 0);
  });

  it('stays for digits that no app has, and for all other keys', () => {
    for (const input of ['4', '0', 'r', '', '?']) assert.equal(focusAfter(1, input, NO_TAB, 3), 1);
    assert.equal(focusAfter(1, '3', {...NO_TAB, meta: true}, 3), 1);
    assert.equal(focusAfter(1, '3', {...NO_TAB, ctrl: true}, 3), 1);
  });

  it('is always the same where there is but one', () => {
    assert.equal(focusAfter(0, '', {...NO_TAB, tab: true}, 1), 0);
    assert.equal(focusAfter(0, '2', NO_TAB, 1), 0);
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

  it('names the key for the next app where there are several', () => {
    assert.equal(hints(80, 2), 'tab next app  r restart  o open  c copy URL  b background  ? help  q stop');
    assert.equal(hints(30, 2), 'tab next app  ? help  q stop');
  });
});
