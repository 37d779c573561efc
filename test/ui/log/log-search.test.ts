import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import type {LogBlock} from '../../../src/ui/log/log-block.js';
import type {LogEntry} from '../../../src/ui/log/log-entry.js';
import {findLastError, findMatch, isShown} from '../../../src/ui/log/log-search.js';
import type {LogView} from '../../../src/ui/log/log-view.js';
import {block, entry, view} from './log-support.js';

const shows = (options: Partial<LogView>, text: string, more: Partial<LogEntry> = {}): boolean =>
  isShown(block(entry(text, more)), view(options));

describe('a view of the log', () => {
  it('shows one app, or all but some, and always what is about all of them', () => {
    assert.equal(shows({focused: 'api'}, 'x'), false);
    assert.equal(shows({focused: 'api'}, 'x', {app: 'api'}), true);
    assert.equal(shows({hidden: new Set(['web'])}, 'x'), false);
    assert.equal(shows({hidden: new Set(['web']), focused: 'web'}, 'x'), true);
    assert.equal(shows({focused: 'api', hidden: new Set(['web'])}, 'x', {app: undefined}), true);
  });

  it('shows what matters enough; what says nothing of it is as info', () => {
    assert.equal(shows({minLevel: 'info'}, 'x'), true);
    assert.equal(shows({minLevel: 'warning'}, 'x'), false);
    assert.equal(shows({minLevel: 'warning'}, 'x', {level: 'error'}), true);
    assert.equal(shows({minLevel: 'warning'}, 'x', {source: 'warning'}), true);
    assert.equal(shows({minLevel: 'info'}, 'x', {level: 'debug'}), false);
  });

  it('filters by text as it is read, without colours, in any case until one is upper', () => {
    assert.equal(shows({filter: 'port 3'}, '\x1b[1mPort \x1b[36m3000'), true);
    assert.equal(shows({filter: 'Port'}, 'port'), false);
    assert.equal(shows({filter: 'x'}, 'İx'), true);
  });

  it('filters a trace as a whole', () => {
    const trace = block(entry('Error: no'), entry('    at start'));
    assert.equal(isShown(trace, view({filter: 'start'})), true);
  });
});

describe('jumping in the log', () => {
  const blocks: readonly LogBlock[] = [
    block(entry('one', {level: 'error'})),
    block(entry('Two', {source: 'error'})),
    block(entry('fine', {source: 'stderr'})),
    block(entry('Error: three'), entry('    at x')),
    block(entry('four', {level: 'fatal', app: 'api'})),
    block(entry('(node:1) Warning: five', {level: 'warning'}), entry('    at x', {level: 'warning'})),
  ];
  const [one, two, , three, four] = blocks;

  it('finds the last error: of the app, of tako, or a trace, and those before', () => {
    assert.equal(findLastError(blocks, view()), four);
    assert.equal(findLastError(blocks, view(), four), three);
    assert.equal(findLastError(blocks, view(), three), two);
    assert.equal(findLastError(blocks, view(), two), one);
    assert.equal(findLastError(blocks, view(), one), undefined);
  });

  it('finds only what is shown', () => {
    assert.equal(findLastError(blocks, view({focused: 'web'})), three);
  });

  it('finds the searched text in both directions', () => {
    const search = view({search: 'two'});
    assert.equal(findMatch(blocks, search, 'older'), two);
    assert.equal(findMatch(blocks, search, 'older', two), undefined);
    assert.equal(findMatch(blocks, search, 'newer', one), two);
    assert.equal(findMatch(blocks, view({search: 'o'}), 'older', three), two);
    assert.equal(findMatch(blocks, view(), 'older'), undefined);
  });
});
