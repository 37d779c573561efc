import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {createBlockRenderer} from '../../src/ui/log/render-block.js';
import {createStyle, type Environment, hasColour, styleFor} from '../../src/ui/style.js';
import {block, createLogView, entry} from './log/log-support.js';

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

/** An error of an app that likes colours. */
const LINE = '\x1b[38;2;255;100;0morange\x1b[39m \x1b[48;5;21mblue\x1b[0m \x1b[1mhttp://a.test';
const OUR_MARK = '\x1b[31m┃\x1b[39m ';
const ORANGE = {
  24: '\x1b[38;2;255;100;0morange\x1b[0m',
  8: '\x1b[38;5;208morange\x1b[0m',
  4: '\x1b[91morange\x1b[0m',
};
const BLUE = {8: '\x1b[48;5;21mblue\x1b[0m', 4: '\x1b[104mblue\x1b[0m'};
const BOLD = '\x1b[1mhttp://a.test\x1b[0m';
const LINKED = /^\x1b\]8;id=\w+;http:\/\/a\.test\x1b\\\x1b\[1mhttp:\/\/a\.test\x1b\[0m\x1b\]8;;\x1b\\$/;

describe('what is written of a colourful line', () => {
  const written = (stream: {readonly isTTY?: boolean}, env: Environment): string => {
    const view = createLogView({apps: ['web'], columns: 80, style: styleFor(stream, env)});
    return createBlockRenderer(view)
      .render(block(entry(LINE, {level: 'error'})))
      .join('\n');
  };

  it.each<[string, {readonly isTTY?: boolean}, Environment, string]>([
    [
      'a terminal of all colours',
      TERMINAL,
      {TERM: 'xterm', COLORTERM: 'truecolor'},
      `${ORANGE[24]} ${BLUE[8]} ${BOLD}`,
    ],
    ['one of 256', TERMINAL, {TERM: 'xterm-256color'}, `${ORANGE[8]} ${BLUE[8]} ${BOLD}`],
    ['one of 16', TERMINAL, {TERM: 'xterm'}, `${ORANGE[4]} ${BLUE[4]} ${BOLD}`],
    ['one that says nothing of itself', TERMINAL, {}, `${ORANGE[4]} ${BLUE[4]} ${BOLD}`],
    ['GitHub Actions, told to have colours', PIPE, {CI: 'true', FORCE_COLOR: '3'}, `${ORANGE[24]} ${BLUE[8]} ${BOLD}`],
    ['a pipe, told to have 256', PIPE, {FORCE_COLOR: '2'}, `${ORANGE[8]} ${BLUE[8]} ${BOLD}`],
    ['a pipe, told to have some', PIPE, {FORCE_COLOR: '1', NO_COLOR: '1'}, `${ORANGE[4]} ${BLUE[4]} ${BOLD}`],
  ])('on %s', (_, stream, env, expected) => {
    assert.equal(written(stream, env), OUR_MARK + expected);
  });

  it.each<[string, {readonly isTTY?: boolean}, Environment]>([
    ['a terminal with NO_COLOR', TERMINAL, {TERM: 'xterm-256color', NO_COLOR: '1'}],
    ['a terminal with FORCE_COLOR=0', TERMINAL, {TERM: 'xterm-256color', FORCE_COLOR: '0'}],
    ['a dumb terminal', TERMINAL, {TERM: 'dumb', COLORTERM: 'truecolor'}],
    ['a pipe', PIPE, {TERM: 'xterm-256color'}],
    ['a pipe in CI', PIPE, {CI: 'true', TERM: 'xterm-256color'}],
  ])('on %s has no escape sequence at all', (_, stream, env) => {
    assert.equal(written(stream, env), '┃ orange blue http://a.test');
  });

  it.each<[string, Environment]>([
    ['VS Code', {TERM_PROGRAM: 'vscode', TERM_PROGRAM_VERSION: '1.96.0'}],
    ['iTerm', {TERM_PROGRAM: 'iTerm.app', TERM_PROGRAM_VERSION: '3.5.1'}],
    ['WezTerm', {TERM_PROGRAM: 'WezTerm', TERM_PROGRAM_VERSION: '20240203-110809-5046fc22'}],
    ['Ghostty', {TERM_PROGRAM: 'ghostty', TERM_PROGRAM_VERSION: '1.1.0'}],
    ['tmux', {TERM_PROGRAM: 'tmux', TERM_PROGRAM_VERSION: '3.4a'}],
    ['kitty', {TERM: 'xterm-kitty'}],
    ['Windows Terminal', {WT_SESSION: 'x'}],
    ['GNOME Terminal', {VTE_VERSION: '7600'}],
    ['one that is told to', {FORCE_HYPERLINK: '1', TERM: 'xterm'}],
  ])('has a link in %s', (_, env) => {
    assert.match(written(TERMINAL, env).split(' ').at(-1) ?? '', LINKED);
  });

  it.each<[string, Environment]>([
    ['an old VS Code', {TERM_PROGRAM: 'vscode', TERM_PROGRAM_VERSION: '1.71.2'}],
    ['an old tmux in a new terminal', {TERM_PROGRAM: 'tmux', TERM_PROGRAM_VERSION: '3.3a', VTE_VERSION: '7600'}],
    ['Apple Terminal', {TERM_PROGRAM: 'Apple_Terminal', TERM_PROGRAM_VERSION: '455'}],
    ['a VTE that crashes of it', {VTE_VERSION: '5000'}],
    ['CI', {CI: 'true', TERM: 'xterm-kitty'}],
    ['one that is told not to', {FORCE_HYPERLINK: '0', TERM: 'xterm-kitty'}],
  ])('has no link in %s', (_, env) => {
    assert.doesNotMatch(written(TERMINAL, env), /\x1b\]/);
  });
});
