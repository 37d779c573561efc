import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {fitHints} from '../../../src/ui/keys/key-hints.js';
import {bindingsFor, type KeyContext} from '../../../src/ui/keys/key-table.js';
import type {Pane} from '../../../src/ui/screen/layout.js';

const hints = (
  columns: number,
  {apps = 1, context = 'strip', pane}: {apps?: number; context?: KeyContext; pane?: Pane} = {},
) =>
  fitHints(columns, bindingsFor(context, apps), pane)
    .map(({key, hint}) => `${key} ${hint}`)
    .join('  ');

describe('the row of hints', () => {
  it('shows every hint where there is room', () => {
    assert.equal(
      hints(200),
      'r restart  o open  c copy URL  l LAN  i requests  / search  e last error  p pause  b background  tab full screen  ? help  q quit',
    );
  });

  it('leaves out the dispensable ones where there is not', () => {
    assert.equal(hints(78), 'r restart  o open  i requests  / search  tab full screen  ? help  q quit');
    assert.equal(hints(40), 'tab full screen  ? help  q quit');
    assert.equal(hints(10), 'q quit');
    assert.equal(hints(3), '');
  });

  it('names the key for the next app where there are several', () => {
    assert.match(hints(200, {apps: 2}), / {2}\] app {2}/);
  });

  it('has those of a pane while the arrows are about it', () => {
    assert.match(hints(120, {context: 'dashboard', pane: 'requests'}), /enter open {2}R send again/);
    assert.doesNotMatch(hints(200, {context: 'dashboard', pane: 'log'}), /send again/);
  });
});
