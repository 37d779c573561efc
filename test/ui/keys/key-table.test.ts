import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {actionOf, bindingsFor, KEY_TABLE, type KeyContext} from '../../../src/ui/keys/key-table.js';

const CONTEXTS: readonly KeyContext[] = ['strip', 'dashboard', 'search', 'help'];

describe('the table of keys', () => {
  it.each(CONTEXTS)('gives each key one action in the context %s', context => {
    const keys = bindingsFor(context, 2).flatMap(({keys}) => keys);
    assert.deepEqual(
      keys.filter((key, place) => keys.indexOf(key) !== place),
      [],
    );
  });

  it.each(CONTEXTS)('gives each hint of the context %s a rank of its own', context => {
    for (const pane of ['apps', 'log', 'requests'] as const) {
      const ranks = bindingsFor(context, 2)
        .filter(({hint, hintIn = pane}) => hint !== undefined && hintIn === pane)
        .map(({rank}) => rank);
      assert.ok(!ranks.includes(undefined));
      assert.equal(new Set(ranks).size, ranks.length, `${pane}: ${ranks.join(' ')}`);
    }
  });

  it('has the keys that people know', () => {
    const known = {
      r: 'restart',
      o: 'open',
      c: 'copy',
      l: 'lan',
      i: 'inspector',
      '/': 'search',
      e: 'last-error',
      p: 'pause',
      x: 'clear',
      b: 'background',
      '?': 'help',
      q: 'quit',
      'ctrl-c': 'quit',
      tab: 'dashboard',
      f: 'dashboard',
    };
    for (const context of ['strip', 'dashboard'] as const) {
      for (const [key, action] of Object.entries(known)) assert.equal(actionOf(key, context, 1), action, key);
    }
  });

  it('takes a large letter for the small one, unless it means something itself', () => {
    assert.equal(actionOf('R', 'strip', 1), 'restart');
    assert.equal(actionOf('R', 'dashboard', 1), 'replay');
    assert.equal(actionOf('G', 'dashboard', 1), 'last');
    assert.equal(actionOf('g', 'dashboard', 1), 'first');
    assert.equal(actionOf('Q', 'dashboard', 1), 'quit');
  });

  it('has keys about which app only where there are several', () => {
    for (const key of ['1', '9', ']', '[', 'a', 'h', '0']) {
      assert.equal(actionOf(key, 'strip', 1), undefined, key);
      assert.notEqual(actionOf(key, 'strip', 2), undefined, key);
    }
    assert.equal(actionOf('5', 'strip', 2), 'app');
  });

  it('takes letters for text while a search is typed, and Ctrl-C for leaving', () => {
    for (const key of ['q', 'r', 'x', '1', '?', '/']) assert.equal(actionOf(key, 'search', 2), undefined, key);
    assert.equal(actionOf('ctrl-c', 'search', 2), 'quit');
  });

  it('closes the help with what may close it, and leaves with Ctrl-C only', () => {
    for (const key of ['?', 'q', 'escape', 'enter']) assert.equal(actionOf(key, 'help', 1), 'close-help', key);
    assert.equal(actionOf('ctrl-c', 'help', 1), 'quit');
    assert.equal(actionOf('r', 'help', 1), undefined);
  });

  it('explains every key', () => {
    for (const {help, keys} of KEY_TABLE) assert.match(help, /^[a-z]/, keys.join());
  });
});
