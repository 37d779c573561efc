import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {createStyle, hasColour} from '../../src/ui/style.js';

const TERMINAL = {isTTY: true};
const PIPE = {};

describe('colours', () => {
  it('are for terminals', () => {
    assert.equal(hasColour(TERMINAL, {TERM: 'xterm'}), true);
    assert.equal(hasColour(PIPE, {TERM: 'xterm'}), false);
    assert.equal(hasColour(TERMINAL, {TERM: 'dumb'}), false);
  });

  it('are switched off by a NO_COLOR that is not empty', () => {
    assert.equal(hasColour(TERMINAL, {NO_COLOR: '1'}), false);
    assert.equal(hasColour(TERMINAL, {NO_COLOR: ''}), true);
  });

  it('are forced or forbidden by FORCE_COLOR, which Node lets win over NO_COLOR', () => {
    assert.equal(hasColour(PIPE, {FORCE_COLOR: '1', NO_COLOR: '1'}), true);
    assert.equal(hasColour(PIPE, {FORCE_COLOR: ''}), true);
    assert.equal(hasColour(TERMINAL, {FORCE_COLOR: '0'}), false);
  });

  it('surround the text, or do not', () => {
    assert.equal(createStyle({isColour: true}).red('no'), '\x1b[31mno\x1b[39m');
    assert.equal(createStyle({isColour: false}).red('no'), 'no');
  });
});
