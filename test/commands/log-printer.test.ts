import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {parseLogFlags} from '../../src/commands/log-flags.js';
import {type PrintedLine, renderLogLine} from '../../src/commands/log-printer.js';
import {createStyle} from '../../src/ui/style.js';

const NOW = new Date(2026, 10, 21, 14, 3, 9).getTime();
const lineOf = (more: Partial<PrintedLine> = {}): PrintedLine => ({
  ...{time: NOW, stream: 'stdout', text: 'hello', source: [], document: {}},
  ...more,
});
const plain = (more?: Partial<PrintedLine>): string => renderLogLine(lineOf(more), createStyle({isColour: false}), NOW);

describe('a printed log line', () => {
  it('has the time of day, and the date where it is another day', () => {
    assert.equal(plain(), '14:03:09 hello');
    assert.equal(plain({time: new Date(2026, 8, 1, 1, 2, 3).getTime()}), '2026-09-01 01:02:03 hello');
  });

  it('says where it is from, and what is of tako', () => {
    assert.equal(plain({source: ['web']}), '14:03:09 web | hello');
    assert.equal(plain({source: ['web'], stream: 'tako'}), '14:03:09 web tako | hello');
    assert.equal(plain({stream: 'tako'}), '14:03:09 tako | hello');
  });

  it('cannot move the cursor, and has colours in a terminal only', () => {
    const text = '\x1b[31mred\x1b[2J\x1b]0;title\x07\x1b[0m';
    assert.equal(plain({text}), '14:03:09 red');
    const coloured = renderLogLine(lineOf({text, level: 'error'}), createStyle({isColour: true}), NOW);
    assert.equal(coloured, '\x1b[31m14:03:09\x1b[39m \x1b[31mred\x1b[0m');
  });
});

describe('the flags of logs', () => {
  it('mean the last 200 lines, and all of them with a time', () => {
    assert.deepEqual([parseLogFlags({}, NOW).count, parseLogFlags({since: '10m'}, NOW).count], [200, undefined]);
    assert.equal(parseLogFlags({since: '10m', lines: 5}, NOW).count, 5);
    assert.equal(parseLogFlags({since: '2h'}, NOW).since, NOW - 7_200_000);
  });

  it('take levels by the names that loggers have for them', () => {
    assert.deepEqual(
      ['warn', 'WARNING', 'err', 'critical'].map(level => parseLogFlags({level}, NOW).level),
      ['warning', 'warning', 'error', 'fatal'],
    );
  });
});
