import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {wantsPlain} from '../../src/ui/plain-mode.js';

const TERMINAL = {stdin: {isTTY: true}, stdout: {isTTY: true}};

describe('plain lines', () => {
  it('are for everything but terminals that can redraw', () => {
    assert.equal(wantsPlain(TERMINAL, {TERM: 'xterm'}), false);
    assert.equal(wantsPlain(TERMINAL, {}), false);
    assert.equal(wantsPlain(TERMINAL, {TERM: 'dumb'}), true);
    assert.equal(wantsPlain({...TERMINAL, stdin: {}}, {}), true);
    assert.equal(wantsPlain({...TERMINAL, stdout: {}}, {}), true);
  });

  it.each(['TAKO_PLAIN', 'ACCESSIBLE'])('are for those who set %s', name => {
    assert.equal(wantsPlain(TERMINAL, {[name]: '1'}), true);
    for (const value of ['', '0', 'false']) assert.equal(wantsPlain(TERMINAL, {[name]: value}), false);
  });

  it('are not chosen for the sake of colours', () => {
    assert.equal(wantsPlain(TERMINAL, {NO_COLOR: '1', CI: '1'}), false);
  });
});
