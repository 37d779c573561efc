import assert from 'node:assert/strict';
import {PassThrough} from 'node:stream';
import fc from 'fast-check';
import {describe, it} from 'vitest';
import {askPlainly} from '../../../src/ui/wizard/plain-wizard.js';
import type {Question} from '../../../src/ui/wizard/question.js';
import {askOnScreen} from '../../../src/ui/wizard/wizard-screen.js';
import {
  createWizard,
  currentQuestion,
  pasteText,
  pressKey,
  type WizardState,
} from '../../../src/ui/wizard/wizard-state.js';
import {eventually} from '../../helpers/eventually.js';
import {createFakeTerminal} from '../fake-terminal.js';

const QUESTIONS: readonly Question[] = [
  {
    type: 'choice',
    id: 'kind',
    title: 'Kind',
    choices: ['node', 'go', 'python'].map(value => ({value, label: value, about: `an app in ${value}`})),
  },
  {
    type: 'text',
    id: 'name',
    title: 'Name',
    hint: 'of the app',
    initial: ({kind}) => `my-${kind}`,
    check: value => (/^[a-z-]+$/.test(value) ? undefined : 'only a-z'),
  },
  {type: 'text', id: 'route', title: 'Route', initial: ({name}) => `${name}.example.com`, check: () => undefined},
  {type: 'review', id: 'review', title: 'Write it?', lines: ({name, route}) => [`${name} at ${route}`]},
];

const press = (...keys: readonly string[]): WizardState => keys.reduce(pressKey, createWizard(QUESTIONS));

describe('a wizard', () => {
  it('takes the default of each question that is passed by', () => {
    const {outcome, answers} = press('enter', 'enter', 'enter', 'enter');
    assert.equal(outcome, 'answered');
    assert.deepEqual(answers, {kind: 'node', name: 'my-node', route: 'my-node.example.com'});
  });

  it('has defaults that follow from what was answered before', () => {
    const {answers} = press('down', 'enter', ...'shop', 'enter', 'enter', 'enter');
    assert.deepEqual(answers, {kind: 'go', name: 'shop', route: 'shop.example.com'});
  });

  it('goes back, with the answer of before as the default', () => {
    const state = press('down', 'enter', ...'shop', 'enter', 'escape', 'escape', 'enter', 'enter', 'enter', 'enter');
    assert.deepEqual(state.answers, {kind: 'go', name: 'shop', route: 'shop.example.com'});
    assert.equal(currentQuestion(press('escape')).id, 'kind', 'before the first there is none');
  });

  it('stays at an answer that is wrong, and says why until it is changed', () => {
    const wrong = press('enter', ...'A1', 'enter');
    assert.deepEqual([currentQuestion(wrong).id, wrong.problem, wrong.typed], ['name', 'only a-z', 'A1']);
    const mended = ['ctrl-u', 'a'].reduce(pressKey, wrong);
    assert.deepEqual([mended.problem, mended.typed], [null, 'a']);
  });

  it('goes round among choices, by arrows and by letters', () => {
    assert.equal(press('up', 'enter').answers.kind, 'python');
    assert.equal(press('j', 'j', 'k', 'enter').answers.kind, 'go');
    assert.equal(press('down', 'down', 'down', 'enter').answers.kind, 'node');
  });

  it('is left by Ctrl-C, and hears nothing more', () => {
    assert.equal(press('enter', 'ctrl-c').outcome, 'left');
    assert.equal(press('ctrl-c', 'enter', 'enter', 'enter', 'enter').outcome, 'left');
  });

  it('takes one line of what is pasted, and only where text is typed', () => {
    assert.equal(pasteText(press('enter', 'a'), 'bc\nrm -rf\n').typed, 'abc');
    assert.deepEqual(pasteText(press(), 'go\n'), press());
  });

  it('never ends with an answer missing or wrong, whatever is typed', () => {
    const key = fc.constantFrom('enter', 'escape', 'down', 'up', 'a', 'B', 'space', 'backspace', 'ctrl-u', 'left');
    fc.assert(
      fc.property(fc.array(key, {maxLength: 40}), keys => {
        const {outcome, answers} = press(...keys);
        if (outcome === null) return;
        assert.deepEqual(Object.keys(answers).sort(), ['kind', 'name', 'route']);
        assert.match(answers.name ?? '', /^[a-z-]+$/);
      }),
      {seed: 3, numRuns: 2_000},
    );
  });
});

function onScreen({rows = 24} = {}) {
  const terminal = createFakeTerminal({rows});
  const answers = askOnScreen(QUESTIONS, {stdin: terminal.stdin, stdout: terminal.stdout, env: {}});
  const shows = (pattern: RegExp): Promise<void> =>
    eventually(() => assert.match(terminal.text(), pattern), {everyMs: 5});
  return {terminal, answers, shows};
}

describe('a wizard on a terminal', () => {
  it('shows each question with its default and its keys, and leaves the answers behind', async () => {
    const {terminal, answers, shows} = onScreen();
    await shows(/^\? Kind\n❯ node +an app in node\n {2}go/m);
    terminal.type('\x1b[B\r');
    await shows(/^✓ Kind · go\n\? Name › +my-go\n {2}of the app\n\nenter next {2}esc back {2}ctrl-c leave/m);
    terminal.type('shop\r');
    await shows(/^\? Route › +shop\.example\.com$/m);
    terminal.type('\r');
    await shows(/^\? Write it\?\n {2}shop at shop\.example\.com$/m);
    terminal.type('\r');
    assert.deepEqual(await answers, {kind: 'go', name: 'shop', route: 'shop.example.com'});
    assert.equal(terminal.text().trim(), '✓ Kind · go\n✓ Name · shop\n✓ Route · shop.example.com');
    assert.equal(terminal.stdin.isRaw, false);
  });

  it('is left by Ctrl-C with the terminal as it was', async () => {
    const {terminal, answers, shows} = onScreen();
    await shows(/\? Kind/);
    terminal.type('\x03');
    assert.equal(await answers, undefined);
    assert.equal(terminal.stdin.isRaw, false);
    assert.doesNotMatch(terminal.text(), /enter next/);
  });

  it('keeps the choice that is pointed at in sight of a small window', async () => {
    const {terminal, answers, shows} = onScreen({rows: 8});
    await shows(/❯ node/);
    terminal.type('\x1b[A');
    await shows(/❯ python/);
    terminal.type('\x03');
    await answers;
  });
});

async function plainly(...lines: readonly string[]): Promise<{answers: unknown; output: string}> {
  const stdin = new PassThrough();
  const stdout = new PassThrough();
  let output = '';
  stdout.on('data', text => {
    output += text;
  });
  stdin.end(lines.map(line => `${line}\n`).join(''));
  const answers = await askPlainly(QUESTIONS, {stdin, stdout});
  return {answers, output};
}

describe('a wizard in plain lines', () => {
  it('asks line by line, with the defaults in brackets', async () => {
    const {answers, output} = await plainly('', '', '', '');
    assert.deepEqual(answers, {kind: 'node', name: 'my-node', route: 'my-node.example.com'});
    assert.match(output, /^ {2}2 {2}go: an app in go\n/m);
    assert.match(output, /number \[1\]: Name \[my-node\]: Route \[my-node\.example\.com\]: my-node at /);
    assert.doesNotMatch(output, /\x1b/);
  });

  it('takes a choice by its number or its word, and < as the way back', async () => {
    const {answers} = await plainly('2', 'shop', '<', '<', 'python', 'snake', '', 'y');
    assert.deepEqual(answers, {kind: 'python', name: 'snake', route: 'snake.example.com'});
  });

  it('asks again after what is wrong, and says why', async () => {
    const {answers, output} = await plainly('9', '1', 'A', 'a', '', 'maybe', 'yes');
    assert.deepEqual(answers, {kind: 'node', name: 'a', route: 'a.example.com'});
    assert.match(output, /choose one of node, go, python[\s\S]*only a-z[\s\S]*press Enter to go on/);
  });

  it('is left at the end of the input', async () => {
    assert.equal((await plainly('2', 'shop')).answers, undefined);
  });
});
