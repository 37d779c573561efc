import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {createLogRows} from '../../../src/ui/log/log-rows.js';
import type {LogView} from '../../../src/ui/log/log-view.js';
import {block, entry, view} from './log-support.js';

const POLLS = ['poll', 'poll', 'poll', 'other', 'poll'].map(text => block(entry(text)));
const texts = (blocks = POLLS, options: Partial<LogView> = {}): readonly string[] =>
  createLogRows(view(options))(blocks).map(({text}) => text);

describe('the rows of a log', () => {
  it('say once what is said several times in a row, and how often it was', () => {
    assert.deepEqual(texts(), ['  poll', '◆ last line ×3', '  other', '  poll']);
    assert.deepEqual(texts(POLLS, {collapseRepeats: false}).length, 5);
  });

  it('count what is in a row once the rest is left out', () => {
    const blocks = ['poll', 'other', 'poll'].map(text => block(entry(text)));
    assert.deepEqual(texts(blocks, {filter: 'poll'}), ['  poll', '◆ last line ×2']);
  });

  it('take structured lines for the same at another time, and lines of another app for others', () => {
    const logs = [1, 2].map(time => block(entry(JSON.stringify({level: 30, time, msg: 'poll'}))));
    assert.deepEqual(texts(logs), ['  info poll', '◆ last line ×2']);
    assert.equal(texts([block(entry('poll')), block(entry('poll', {app: 'api'}))]).length, 2);
  });

  it('count repeated traces as wholes', () => {
    const trace = () => block(entry('Error: no'), entry('    at x'));
    assert.deepEqual(texts([trace(), trace()]), ['  Error: no', '      at x', '◆ last 2 lines ×2']);
  });

  it('know their block, and are made once', () => {
    const rowsOf = createLogRows(view());
    const [first] = rowsOf(POLLS);
    assert.equal(first?.block, POLLS[0]);
    assert.equal(rowsOf(POLLS)[0], first);
  });
});
