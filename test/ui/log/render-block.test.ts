import assert from 'node:assert/strict';
import {stripVTControlCharacters} from 'node:util';
import {describe, it} from 'vitest';
import type {LogEntry} from '../../../src/ui/log/log-entry.js';
import type {LogView} from '../../../src/ui/log/log-view.js';
import {createBlockRenderer} from '../../../src/ui/log/render-block.js';
import {createStyle} from '../../../src/ui/style.js';
import {block, COLOURED, entry, view} from './log-support.js';

const render = (text: string, more: Partial<LogEntry> = {}, options: Partial<LogView> = {}): readonly string[] =>
  createBlockRenderer(view(options)).render(block(entry(text, more)));

const SEVERAL = {apps: ['web', 'api']};

describe('a line of the log', () => {
  it('is the text, without a time', () => {
    assert.deepEqual(render('listening'), ['  listening']);
  });

  it('has the time if that is wanted', () => {
    assert.deepEqual(render('listening', {}, {showTime: true}), ['09:05:07   listening']);
  });

  it('marks stderr, and what tako says itself', () => {
    assert.deepEqual(render('careful', {source: 'stderr'}), ['┃ careful']);
    assert.deepEqual(render('started', {source: 'tako'}), ['◆ started']);
    assert.deepEqual(render('not trusted', {source: 'warning'}), ['◆ not trusted']);
  });

  it('marks it by its level rather than by its stream, where it has one', () => {
    assert.deepEqual(render('fine', {source: 'stderr', level: 'info'}), ['  fine']);
    assert.deepEqual(render('broken', {level: 'error'}), ['┃ broken']);
    const [warning] = render('careful', {level: 'warning'}, {style: COLOURED});
    assert.equal(warning, '\x1b[33m┃\x1b[39m careful');
  });

  it('says whose it is where there are several apps', () => {
    assert.deepEqual(render('asks', {}, SEVERAL), ['web │ asks']);
    assert.deepEqual(render('up', {app: 'api', source: 'tako'}, SEVERAL), ['api ◆ up']);
    assert.deepEqual(render('all are up', {app: undefined, source: 'tako'}, SEVERAL), ['    ◆ all are up']);
  });

  it('cuts long names, and leaves them out before they take half of the room', () => {
    const apps = ['web', 'a-name-of-twenty-chars'];
    assert.deepEqual(render('asks', {app: apps[1]}, {apps, columns: 80}), ['a-name-of-twent… │ asks']);
    assert.deepEqual(render('asks', {app: apps[1]}, {apps, columns: 40}), ['a-name-of… │ asks']);
    assert.deepEqual(render('asks', {}, {apps, columns: 40, showTime: true}), ['web        │ asks']);
    assert.deepEqual(render('asks', {}, {apps, columns: 5}), ['│ asks']);
    assert.deepEqual(render('asks', {}, {apps, columns: 3}), ['asks']);
  });

  it('ends the colours of the app with the line', () => {
    assert.deepEqual(render('\x1b[32mgreen', {}, {style: COLOURED}), ['  \x1b[32mgreen\x1b[0m']);
  });

  it('has no escape sequence at all without colours', () => {
    assert.deepEqual(render('\x1b[31mred\x1b[0m'), ['  red']);
  });

  it('shows a structured line by its parts, and lets nothing hidden in it through', () => {
    const text = JSON.stringify({level: 'info', msg: 'a\x1b[2Jb'});
    assert.equal(stripVTControlCharacters(render(text, {}, {style: COLOURED}).join('\n')), '  info ab');
  });

  it('indents the further lines of what tako says, and marks all of what an app says', () => {
    assert.deepEqual(render('no\n  why', {source: 'error'}), ['◆ no', '    why']);
    assert.deepEqual(render('no\n  why', {app: 'api', source: 'error'}, SEVERAL), ['api ◆ no', '        why']);
    assert.deepEqual(render('{"level":"info","msg":"a\\nb"}', {source: 'stderr'}), ['┃ info a', '┃ b']);
  });

  it('cannot be mistaken for what tako says', () => {
    assert.deepEqual(render('◆ web stopped'), ['  ◇ web stopped']);
    assert.deepEqual(render('{"level":"info","msg":"\\u25c6 hi"}'), ['  info ◇ hi']);
  });

  it('is one line, however long it is, until something else is wanted', () => {
    assert.deepEqual(render('x'.repeat(200)), [`  ${'x'.repeat(200)}`]);
  });

  it('is cut, or goes on below, where it was said', () => {
    const narrow = {...SEVERAL, columns: 16};
    assert.deepEqual(render('0123456789abcdef', {}, {...narrow, wrap: 'cut'}), ['web │ 012345678…']);
    assert.deepEqual(render('0123456789abcdef', {}, {...narrow, wrap: 'wrap'}), ['web │ 0123456789', '    │ abcdef']);
  });

  it('keeps characters whole, of whatever width', () => {
    const narrow = {columns: 8, wrap: 'wrap'} as const;
    assert.deepEqual(render('日本語日本', {}, narrow), ['  日本語', '  日本']);
    assert.deepEqual(render('e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301', {}, narrow), [
      `  ${'e\u0301'.repeat(6)}`,
      '  e\u0301',
    ]);
    assert.deepEqual(render('👨‍👩‍👧👨‍👩‍👧👨‍👩‍👧👨‍👩‍👧', {}, narrow), ['  👨‍👩‍👧👨‍👩‍👧👨‍👩‍👧', '  👨‍👩‍👧']);
  });

  it('has its tabs where they were', () => {
    assert.deepEqual(render('a\tb\tc'), ['  a       b       c']);
    assert.deepEqual(render('日\tb'), ['  日      b']);
  });

  it('goes on in its colours below', () => {
    const rows = render('\x1b[31m0123456789\x1b[0m', {}, {columns: 8, wrap: 'wrap', style: COLOURED});
    assert.deepEqual(rows, ['  \x1b[31m012345\x1b[0m', '  \x1b[31m6789\x1b[0m']);
  });

  it('shows the searched text inverted', () => {
    const found = render('a Port, a port', {}, {search: 'port', style: COLOURED});
    assert.deepEqual(found, ['  a \x1b[7mPort\x1b[0m, a \x1b[7mport\x1b[0m']);
    assert.deepEqual(render('a Port, a port', {}, {search: 'Port', style: COLOURED}), [
      '  a \x1b[7mPort\x1b[0m, a port',
    ]);
  });

  it('says how often it was said, as tako', () => {
    const {renderRepeats} = createBlockRenderer(view(SEVERAL));
    assert.equal(renderRepeats(block(entry('poll')), 14), 'web ◆ last line ×14');
    assert.equal(renderRepeats(block(entry('Error'), entry('  at x')), 3), 'web ◆ last 2 lines ×3');
  });
});

describe('an address in a line of the log', () => {
  const links = createStyle({isColour: true, hasLinks: true});
  const linksOf = (text: string): readonly (string | undefined)[] =>
    [
      ...render(text, {}, {style: links})
        .join('\n')
        .matchAll(/\x1b\]8;id=\w+;(?<url>[^\x1b]+)\x1b\\/g),
    ].map(({groups}) => groups?.url);

  it.each([
    ['see https://a.test/b?c=d#e', 'https://a.test/b?c=d#e'],
    ['(at http://127.0.0.1:3000/)', 'http://127.0.0.1:3000/'],
    ['https://a.test/wiki/Rust_(language).', 'https://a.test/wiki/Rust_(language)'],
    ['"https://a.test", and', 'https://a.test'],
    ['  ➜  Local: \x1b[36mhttp://localhost:\x1b[1m5173\x1b[22m/\x1b[39m', 'http://localhost:5173/'],
  ])('is a link: %j', (text, url) => {
    assert.deepEqual([...new Set(linksOf(text))], [url]);
  });

  it.each(['file:///etc/passwd', 'ssh://a.test', 'javascript:alert(1)', 'xhttps://a.test'])('is none in %s', text => {
    assert.deepEqual(linksOf(text), []);
  });

  it('is none where the app has made the link', () => {
    assert.deepEqual(linksOf('\x1b]8;;https://evil.test\x1b\\click\x1b]8;;\x1b\\'), []);
  });

  it('is none where the terminal shows no links', () => {
    assert.deepEqual(render('https://a.test', {}, {style: COLOURED}), ['  https://a.test']);
  });

  it('is one link in all its rows, each of which closes it', () => {
    const rows = render('https://a.test/0123456789', {}, {columns: 16, wrap: 'wrap', style: links});
    assert.equal(rows.length, 2);
    const id = /id=\w+;/.exec(rows[0] ?? '')?.[0];
    for (const row of rows) {
      assert.ok(row.includes(`\x1b]8;${id}https://a.test/0123456789\x1b\\`));
      assert.ok(row.endsWith('\x1b]8;;\x1b\\'));
    }
  });
});
