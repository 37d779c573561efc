import assert from 'node:assert/strict';
import fc from 'fast-check';
import {describe, it} from 'vitest';
import type {LogEntry} from '../../../src/ui/log/log-entry.js';
import type {LogView} from '../../../src/ui/log/log-view.js';
import {createBlockRenderer} from '../../../src/ui/log/render-block.js';
import {safeText} from '../../../src/ui/safe-text.js';
import {createStyle} from '../../../src/ui/style.js';
import {block, createLogView, entry} from '../log/log-support.js';
import {draw, HOSTILE, mostMarks} from './hostile.js';

const SHOWN: Readonly<Record<string, string>> = {
  'makes a link': 'here',
  'makes a link that is never closed': '',
  'begins a string without an end': '0;never ends',
  'begins a string without an end, by 8-bit control': 'never ends',
  'passes through tmux': 'tmux;',
  'has a wrong end': 'éA',
  'turns the direction': 'dlrow',
  'separates lines as Unicode does': 'abcd',
  'hides text': 'ab',
  'writes over the lines around': `a${'\u0301'.repeat(8)}`,
  'has half a character': 'a\ufffdb\ufffd',
  'blinks and hides': 'blinkhidden',
};

/** Those that also change what stands around them. */
const WHOLE: Readonly<Record<string, string>> = {
  'goes back': '>',
  'overwrites the line': 'web is not>',
  // `>` may stand in a sequence.
  'begins a sequence without an end': '<',
};

describe('output that', () => {
  it.each(Object.entries(HOSTILE))('%s only shows what it says', (name, sequence) => {
    const written = safeText(`<${sequence}>`, {isColour: true});
    const {commands, text, isOpen} = draw(written);
    assert.deepEqual(commands, []);
    assert.equal(isOpen, false);
    assert.equal(text, WHOLE[name] ?? `<${SHOWN[name] ?? ''}>`);
  });

  it.each(Object.values(HOSTILE))('has %j in JSON is no better', sequence => {
    const written = createBlockRenderer(VIEW).render(block(entry(JSON.stringify({level: 30, msg: `<${sequence}>`}))));
    assert.deepEqual(draw(written.join('\n')).commands, []);
    assert.equal(draw(written.join('\n')).isOpen, false);
  });
});

const VIEW: LogView = createLogView({
  apps: ['web', 'api'],
  columns: 40,
  style: createStyle({isColour: true, hasLinks: true}),
});

const RUNS = {seed: 4_711, numRuns: 2_000};

/** Text that is likely to be trouble: sequences whole and in pieces, wide and combining characters, and anything at all. */
const trouble = fc
  .array(
    fc.oneof(
      fc.constantFrom(...Object.values(HOSTILE)),
      fc.constantFrom(...Object.values(HOSTILE)).map(text => text.slice(0, -1)),
      fc.constantFrom(
        '\x1b[31m',
        '\x1b[1;48;5;200m',
        '\x1b[0m',
        '\t',
        '日本',
        '👨‍👩‍👧',
        'e\u0301',
        '◆',
        'https://a.test/b?c',
        '│',
      ),
      fc.string({unit: 'grapheme'}),
      fc.string({unit: 'binary'}),
    ),
    {maxLength: 12},
  )
  .map(parts => parts.join(''));

const aView = fc.record({
  wrap: fc.constantFrom('wrap', 'cut'),
  columns: fc.integer({min: 2, max: 60}),
  showTime: fc.boolean(),
  search: fc.constantFrom('', 'a', 'test'),
  apps: fc.constantFrom(['web'], ['web', 'api'], ['web', 'a-long-name-of-an-app']),
});

const anEntry = fc.record({
  text: fc.oneof(
    trouble,
    trouble.map(msg => JSON.stringify({level: 50, msg, err: {stack: `${msg}\n${msg}`}})),
  ),
  source: fc.constantFrom<LogEntry['source'][]>('stdout', 'stderr', 'tako', 'error'),
});

describe('whatever an app writes', () => {
  it('stays in its row and in its columns, tells the terminal nothing, and ends what it began', () => {
    fc.assert(
      fc.property(anEntry, aView, ({text, source}, options) => {
        const rows = createBlockRenderer({...VIEW, ...options}).render(block(entry(text, {source})));
        for (const row of rows) {
          const {columns, commands, isOpen, text} = draw(row);
          assert.deepEqual(commands, []);
          assert.equal(columns.length, 1);
          assert.ok(
            (columns[0] ?? 0) <= options.columns,
            `${columns[0]} of ${options.columns}: ${JSON.stringify(row)}`,
          );
          assert.equal(isOpen, false);
          assert.ok(mostMarks(text) <= 8);
        }
      }),
      RUNS,
    );
  });

  it('is never taken for what tako says', () => {
    fc.assert(
      fc.property(trouble, fc.constantFrom('stdout', 'stderr'), (text, source) => {
        const rows = createBlockRenderer(VIEW).render(block(entry(text, {source})));
        assert.ok(!rows.some(row => row.includes('◆')));
      }),
      RUNS,
    );
  });

  it('is only characters where no colours are wanted', () => {
    fc.assert(
      fc.property(trouble, text => {
        assert.doesNotMatch(safeText(text, {isColour: false}), /[\x00-\x08\x0b-\x1f\x7f-\x9f]/);
      }),
      RUNS,
    );
  });
});
