import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {diagnose} from '../../../src/supervisor/diagnosis/diagnose.js';
import {MAX_QUOTE_CHARACTERS} from '../../../src/supervisor/diagnosis/output.js';
import {OUTPUT_RULES} from '../../../src/supervisor/diagnosis/output-rules.js';
import {capturedOutput, exitedWith, factsWith, specWith} from './describe.js';

const SPEC = specWith();
const explain = (lines: readonly string[]) =>
  diagnose(SPEC, exitedWith(1), lines, factsWith({packageManager: 'npm', scripts: ['dev'], dependencies: ['a']}));

/** A xorshift with a fixed seed: the same numbers below the limit in every run. */
function createRandom(seed: number): (limit: number) => number {
  let state = seed;
  return limit => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}

const PIECES = [
  ...['Error: ', 'SyntaxError: ', 'Traceback (most recent call last):', '  File "', '", line 3', '    at ', 'panic: '],
  ...[
    "Cannot find module '",
    'EADDRINUSE',
    ':3000',
    'port ',
    'Missing ',
    'environment variable ',
    'A_B',
    ' is not set',
  ],
  ...['ENOENT: no such file or directory, open ', 'npm error notsup Required: {', '"node":"', '.ts', '.go:1:2: ', '# '],
  ...[
    "'",
    '"',
    '(',
    ')',
    '/',
    ':',
    ' ',
    '\t',
    '\x1b[31m',
    '\u202e',
    '\ud800',
    'A',
    '_',
    '.',
    '0',
    '\0',
    'é',
    '%',
    '%zz',
  ],
];

const pick = (random: (limit: number) => number): string => PIECES[random(PIECES.length)] ?? '';

describe('output that is not to be trusted', () => {
  it('never makes a diagnosis fail, nor a message that is long or acts on a terminal', () => {
    const random = createRandom(20_260_701);
    for (let round = 0; round < 2_000; round++) {
      const lines = Array.from({length: random(12)}, () =>
        Array.from({length: random(10)}, () => pick(random)).join(''),
      );
      const {message, hint = ''} = explain(lines);
      assert.doesNotMatch(message + hint, /[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/);
      assert.ok(message.length + hint.length < 6 * MAX_QUOTE_CHARACTERS, message);
    }
  });

  it('survives captured output whose lines are shuffled, cut and joined', () => {
    const random = createRandom(7);
    const source = ['node-crash', 'go-panic', 'python-variable-missing', 'rust-panic', 'npm-engine-strict']
      .flatMap(capturedOutput)
      .concat(capturedOutput('deno-port-in-use'));
    const line = (): string => source[random(source.length)] ?? '';
    for (let round = 0; round < 500; round++) {
      const lines = Array.from({length: random(30)}, () => line().slice(random(8)) + (random(4) === 0 ? line() : ''));
      assert.equal(typeof explain(lines).message, 'string');
    }
  });

  // Ten thousand lines of a hundred kilobytes, each a long run of what a pattern looks for: with a pattern that takes
  // more than linear time, or without bounds, this does not end before the test's own deadline.
  it.each(PIECES)('is read within bounds when it repeats %j without end', piece => {
    const lines = Array.from({length: 10_000}, () => piece.repeat(Math.ceil(100_000 / piece.length)));
    assert.equal(typeof explain(lines).message, 'string');
  });

  it('is quoted on one line, bounded, without colours', () => {
    const {message} = explain([`Error: \x1b[31m${'long '.repeat(500)}`, '    at a (/web/server.js:1:1)']);
    assert.match(message, /: Error: long long .*… at server\.js:1:1$/);
    assert.ok(message.length < 2 * MAX_QUOTE_CHARACTERS);
  });

  it('does not become a command of its own in a command that is for copying', () => {
    const hint = (line: string) => explain([line]).hint ?? '';
    assert.match(hint("EACCES: permission denied, open 'a; rm -rf b'"), /^ls -l 'a; rm -rf b' shows/);
    assert.match(hint("Error: Cannot find module 'a; rm -rf b'"), /^its output says why/);
  });

  it('is searched only where it is new', () => {
    const old = capturedOutput('node-port-in-use');
    assert.equal(explain([...old, ...Array.from({length: 300}, () => 'GET /')]).code, 'APP_EXITED_EARLY');
  });
});

describe('the rules', () => {
  it('have ids of their own', () => {
    const ids = OUTPUT_RULES.map(({id}) => id);
    assert.deepEqual(ids, [...new Set(ids)]);
  });
});
