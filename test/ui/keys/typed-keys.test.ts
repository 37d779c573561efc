import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {keysOf} from '../../../src/ui/keys/typed-keys.js';

describe('typed keys', () => {
  it('are all heard when they arrive at once, in their order', () => {
    assert.deepEqual(keysOf('f/no go', {}), ['f', '/', 'n', 'o', 'space', 'g', 'o']);
    assert.deepEqual(keysOf('/a\rq', {}), ['/', 'a', 'enter', 'q']);
    assert.deepEqual(keysOf('\t?\x7f\x03', {}), ['tab', '?', 'backspace', 'ctrl-c']);
  });

  it.each([
    [{tab: true}, 'tab'],
    [{return: true}, 'enter'],
    [{escape: true, meta: true}, 'escape'],
    [{upArrow: true}, 'up'],
    [{pageDown: true}, 'pagedown'],
    [{backspace: true}, 'backspace'],
    [{delete: true}, 'backspace'],
  ] as const)('that are no letters have names: %j is %s', (typed, name) => {
    assert.deepEqual(keysOf('', typed), [name]);
  });

  it('with Ctrl are others than without, with Alt none', () => {
    assert.deepEqual(keysOf('c', {ctrl: true}), ['ctrl-c']);
    assert.deepEqual(keysOf('q', {meta: true}), []);
  });

  it('may be any letter', () => {
    assert.deepEqual(keysOf('é漢🙂', {}), ['é', '漢', '🙂']);
    assert.deepEqual(keysOf('\x1b\x00\x9b', {}), []);
  });
});
