import assert from 'node:assert/strict';
import {stripVTControlCharacters} from 'node:util';
import {describe, it} from 'vitest';
import {type LogSource, renderEntry} from '../../../src/ui/log/log-entry.js';
import {createStyle} from '../../../src/ui/style.js';
import {MORNING} from '../fake-session.js';

const render = (source: LogSource, text: string, isColour = false, head = ''): string =>
  renderEntry({time: MORNING, app: 'hello', source, text}, createStyle({isColour}), head);

describe('a line of the log area', () => {
  it('has the time and the text', () => {
    assert.equal(render('stdout', 'listening'), '09:05:07 listening');
  });

  it('marks stderr, and what tako says itself', () => {
    assert.equal(render('stderr', 'careful'), '09:05:07┃careful');
    assert.equal(render('tako', 'started'), '09:05:07 ◆ started');
    assert.equal(render('warning', 'not trusted'), '09:05:07 ◆ not trusted');
  });

  it('ends the colours of the app with the line', () => {
    assert.ok(render('stdout', '\x1b[32mgreen', true).endsWith('\x1b[32mgreen\x1b[0m'));
  });

  it('has no escape sequence at all without colours', () => {
    assert.equal(render('stderr', '\x1b[31mred\x1b[0m'), '09:05:07┃red');
  });

  it('shows a structured line by its parts, and lets nothing hidden in it through', () => {
    const text = JSON.stringify({level: 'info', msg: 'a\x1b[2Jb'});
    assert.equal(stripVTControlCharacters(render('stdout', text, true)), '09:05:07 info ab');
  });

  it('indents the further lines of one text', () => {
    assert.equal(render('error', 'no\n  why'), '09:05:07 ◆ no\n             why');
    assert.equal(render('stderr', '{"level":"info","msg":"a\\nb"}'), '09:05:07┃info a\n        ┃b');
  });

  it('says whose it is in every line', () => {
    assert.equal(render('stderr', 'careful', false, 'api │ '), '09:05:07┃api │ careful');
    assert.equal(render('error', 'no\n  why', false, 'api │ '), '09:05:07 ◆ api │ no\n           api │   why');
  });
});
