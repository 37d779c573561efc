import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {safeText} from '../../src/ui/safe-text.js';

describe('text from outside', () => {
  it('keeps its colours, which end with it', () => {
    assert.equal(safeText('\x1b[32mgreen', {isColour: true}), '\x1b[32mgreen\x1b[0m');
  });

  it('loses its colours where none are wanted', () => {
    assert.equal(safeText('\x1b[38;5;12mblue\x1b[0m', {isColour: false}), 'blue');
  });

  it('loses what could move the cursor, retitle the window or ring', () => {
    assert.equal(safeText('a\x1b[2Jb\x1b]0;title\x07c\x9b1Ad\x07e', {isColour: true}), 'abcde');
  });

  it('keeps tabs and newlines', () => {
    assert.equal(safeText('a\tb\nc', {isColour: true}), 'a\tb\nc');
  });

  it('leaves nothing of sequences that are no colours', () => {
    const text = '\x1b[2J\x1b[?25l\x1b]0;title\x07\x1b]8;;https://a.test\x1b\\\x1b[1;32mdone\x1b[0m\x1b[>4;2m';
    assert.equal(safeText(text, {isColour: false}), 'done');
    assert.equal(safeText(text, {isColour: true}), '\x1b[1;32mdone\x1b[0m');
  });
});
