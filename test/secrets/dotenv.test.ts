import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {parseDotenv, renderDotenv} from '../../src/secrets/dotenv.js';
import {TakoError} from '../../src/system/error.js';
import {createRandom} from '../helpers/random.js';
import {runs} from '../helpers/soak.js';
import {hasCode} from './support.js';

const valuesOf = (text: string): Record<string, string> =>
  Object.fromEntries(parseDotenv(text).map(({name, value}) => [name, value]));

describe('a .env file', () => {
  it.each([
    ['A=1\nB=two words\n', {A: '1', B: 'two words'}],
    ['export A=1', {A: '1'}],
    ['# A=1\n\n  B = 2  \n', {B: '2'}],
    ['A=1 # a comment\nB=no#comment\nC= # all comment', {A: '1', B: 'no#comment', C: ''}],
    ['A="two\\nlines" # comment', {A: 'two\nlines'}],
    ['A="first\nsecond"\nB=2', {A: 'first\nsecond', B: '2'}],
    [`A='as $it \\n is'\nB=\`back "and" 'tick'\``, {A: 'as $it \\n is', B: `back "and" 'tick'`}],
    ['A="\\"\\$\\\\ \\x"', {A: '"$\\ \\x'}],
    ['A=1\r\nB=2\r\n', {A: '1', B: '2'}],
    ['\ufeffA=1', {A: '1'}],
    ['A=first\nA=second', {A: 'second'}],
    ['A=', {A: ''}],
  ])('of %j is understood', (text, expected) => {
    assert.deepEqual(valuesOf(text), expected);
  });

  it.each([
    ['A', /^line 1: expected NAME=value$/],
    ['A=1\n=2', /^line 2: /],
    ['A=1\n\nB="open\nsecret', /^line 3: the quotes/],
    ['A="x" y', /^line 1: the quotes/],
  ])('of %j is refused with its line, and what stands there is not repeated', (text, message) => {
    assert.throws(() => parseDotenv(text), hasCode('DOTENV_INVALID', message));
  });

  it('is read as what was written, whatever the values are', () => {
    const random = createRandom(4);
    const pieces = ['a', ' ', '"', "'", '`', '\\', '$', '#', '\n', '\r', '\t', '=', 'ü', '😀', '\\n', '{A}'];
    for (let run = 0; run < runs(3_000); run++) {
      const value = Array.from({length: random.below(12)}, () => pieces[random.below(pieces.length)]).join('');
      assert.deepEqual(valuesOf(renderDotenv({A: value, LAST: 'end'})), {A: value, LAST: 'end'}, JSON.stringify(value));
    }
  });

  it('never makes the parser throw anything but what it says', () => {
    const random = createRandom(5);
    const pieces = ['A=', '"', "'", '`', '\\', '\n', '#', '=', ' ', 'export ', '\0', 'ü', '\ufeff', '\r\n'];
    for (let run = 0; run < runs(3_000); run++) {
      const text = Array.from({length: random.below(20)}, () => pieces[random.below(pieces.length)]).join('');
      try {
        parseDotenv(text);
      } catch (error) {
        assert.ok(error instanceof TakoError && error.code === 'DOTENV_INVALID', String(error));
      }
    }
  });
});
