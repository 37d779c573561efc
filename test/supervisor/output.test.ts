import assert from 'node:assert/strict';
import {PassThrough, Readable} from 'node:stream';
import {setImmediate as nextTurn} from 'node:timers/promises';
import fc from 'fast-check';
import {describe, it} from 'vitest';
import {
  cleanLine,
  createLineReader,
  MAX_LINE_BYTES,
  readLines,
  TURN_BYTES,
  takeLines,
} from '../../src/supervisor/output.js';
import {createRandom} from '../helpers/random.js';
import {runs} from '../helpers/soak.js';

function read(...chunks: readonly (string | Uint8Array)[]): readonly string[] {
  const lines: string[] = [];
  const reader = createLineReader(line => lines.push(line));
  for (const chunk of chunks) reader.write(Buffer.from(chunk));
  reader.end();
  return lines;
}

describe('the lines of an output', () => {
  it('end at a newline, with or without a carriage return before it', () => {
    assert.deepEqual(read('one\ntwo\r\n\nfour\r\r\n'), ['one', 'two', '', 'four']);
  });

  it('include a last one without a newline', () => {
    assert.deepEqual(read('one\ntw', 'o'), ['one', 'two']);
    assert.deepEqual(read('one\n'), ['one']);
    assert.deepEqual(read('one\r'), ['one']);
  });

  it('begin anew after a carriage return, as a progress bar does', () => {
    assert.deepEqual(read('10%\r50%', '\r', '100%\n'), ['100%']);
    assert.deepEqual(read('\r\x1b[Kdone\n'), ['done']);
  });

  it('survive bytes that are not UTF-8, and characters split between chunks', () => {
    assert.deepEqual(read(Buffer.from([0x61, 0xff, 0xc3, 0x0a, 0x62, 0x0a])), ['a\ufffd\ufffd', 'b']);
    const [first, second] = [Buffer.from('né\n').subarray(0, 2), Buffer.from('né\n').subarray(2)];
    assert.deepEqual(read(first, second), ['né']);
  });

  it('are cut when they are too long, and say by how much', () => {
    assert.deepEqual(read('x'.repeat(MAX_LINE_BYTES)), ['x'.repeat(MAX_LINE_BYTES)]);
    assert.deepEqual(read('x'.repeat(MAX_LINE_BYTES + 5), '12\nnext'), [
      `${'x'.repeat(MAX_LINE_BYTES)} [7 bytes cut]`,
      'next',
    ]);
  });

  it('are not cut through a character', () => {
    const [line = ''] = read(`${'x'.repeat(MAX_LINE_BYTES - 1)}éé`);
    assert.ok(line.endsWith('x [3 bytes cut]'), line.slice(-20));
  });

  it('are whole after a rewrite, however long the line was before', () => {
    assert.deepEqual(read('x'.repeat(2 * MAX_LINE_BYTES), '\rshort\n'), ['short']);
  });

  it('do not depend on how the bytes arrive', () => {
    const bytes = fc.array(
      fc.oneof(
        anyBytes,
        fc.constantFrom(...TRICKY).map(text => Buffer.from(text, 'latin1')),
      ),
    );
    fc.assert(
      fc.property(bytes, fc.array(fc.nat(200)), (parts, cuts) => {
        const whole = Buffer.concat(parts);
        assert.deepEqual(read(...splitAt(whole, cuts)), read(whole));
        assert.deepEqual(read(...splitAt(whole, Array(whole.length).fill(1))), read(whole));
      }),
      {seed: 2, numRuns: runs(3_000)},
    );
  });
});

describe('an output that never pauses', () => {
  it('leaves a turn to everything else after a few bytes, and loses none', async () => {
    const text = 'a line of output\n'.repeat(20_000);
    let read = 0;
    let turns = 0;
    let longest = 0;
    let atLastTurn = 0;
    let isOver = false;
    const onTurn = (): void => {
      longest = Math.max(longest, read - atLastTurn);
      atLastTurn = read;
      turns++;
      if (!isOver) setImmediate(onTurn);
    };
    setImmediate(onTurn);
    await readLines(Readable.from([Buffer.from(text)], {objectMode: false}), line => {
      read += line.length + 1;
    });
    isOver = true;
    assert.equal(read, text.length);
    assert.ok(turns >= text.length / TURN_BYTES, `${turns} turns`);
    assert.ok(longest <= 2 * TURN_BYTES, `${longest} bytes in one turn`);
  });

  it('ends when it is closed in the middle, or breaks', async () => {
    const endings = [(stream: Readable) => stream.destroy(), (stream: Readable) => stream.destroy(new Error('EIO'))];
    for (const end of endings) {
      const stream = new Readable({read: () => {}});
      stream.push('one\ntwo');
      const lines: string[] = [];
      await readLines(stream, line => {
        lines.push(line);
        setImmediate(end, stream);
      });
      assert.deepEqual(lines, ['one', 'two']);
    }
  });
});

describe('a clean line', () => {
  it('keeps colours and tabs', () => {
    assert.equal(cleanLine('\x1b[1;31mred\x1b[m\t\x1b[38:5:1mx\x1b[0m'), '\x1b[1;31mred\x1b[m\t\x1b[38:5:1mx\x1b[0m');
  });

  it.each([
    ['cursor movement', 'a\x1b[2J\x1b[1;1Hb'],
    ['a private mode', 'a\x1b[?25lb'],
    ['a sequence that only ends like a colour', 'a\x1b[>4;1mb\x1b[1 m'],
    ['a window title', 'a\x1b]0;title\x07b'],
    ['a hyperlink', 'a\x1b]8;;https://example.test\x1b\\b\x1b]8;;\x1b\\'],
    ['a device control string', 'a\x1bP1$r0m\x1b\\b'],
    ['a single escape', 'a\x1bcb\x1b(B\x1b7'],
    ['8-bit controls', 'a\x9b2Jb\x9d0;title\x9c'],
    ['control characters', '\x00a\x07\x08b\x7f\x85'],
    ['what is not finished', 'ab\x1b['],
    ['a string that is not finished', 'ab\x1b]0;never ends'],
    ['an escape at the end', 'ab\x1b'],
  ])('has lost %s', (_what, text) => {
    assert.equal(cleanLine(text), 'ab');
  });

  it('has no control character left but in a colour', () => {
    const texts = fc
      .array(fc.oneof(fc.string({unit: 'binary'}), fc.constantFrom(...TRICKY)))
      .map(parts => parts.join(''));
    fc.assert(
      fc.property(texts, text => {
        const rest = cleanLine(text)
          .replaceAll(/\x1b\[[\d;:]*m/g, '')
          .replaceAll('\t', '');
        assert.doesNotMatch(rest, /[\x00-\x1f\x7f-\x9f]/);
      }),
      {seed: 3, numRuns: runs(3_000)},
    );
  });
});

const TRICKY = [
  '\n',
  '\r',
  '\r\n',
  '\x1b',
  '\x1b[',
  '\x1b[31m',
  '\x1b]0;',
  '\x07',
  '\x1b\\',
  '\x9b',
  '\xc3',
  '\xa9',
  'm',
];

const anyBytes = fc.uint8Array({maxLength: 40}).map(bytes => Buffer.from(bytes));

function splitAt(bytes: Uint8Array, sizes: readonly number[]): readonly Uint8Array[] {
  const chunks: Uint8Array[] = [];
  let start = 0;
  for (const size of sizes) {
    chunks.push(bytes.subarray(start, start + size));
    start += size;
  }
  return [...chunks, bytes.subarray(start)];
}

describe('a reader of lines that is followed by another', () => {
  it('leaves it every byte that it has not given, wherever it stops (fixed seed)', async () => {
    const random = createRandom(20_261_121);
    for (let round = 0; round < 30; round++) {
      const text = Array.from({length: 200}, (_, index) => `${index} ${'\u00e4'.repeat(random.below(120))}\r\n`).join(
        '',
      );
      const bytes = Buffer.from(`${text}${'z'.repeat(random.below(2) * MAX_LINE_BYTES)}`);
      const stopAt = random.below(bytes.length);
      const lines: string[] = [];
      const add = (line: string): void => void lines.push(line);
      const first = new PassThrough();
      const before = takeLines(first, add);
      first.write(bytes.subarray(0, stopAt));
      for (let turns = random.below(6); turns > 0; turns--) await nextTurn();
      const rest = JSON.parse(JSON.stringify(before.suspend()));
      const second = new PassThrough();
      second.end(bytes.subarray(stopAt));
      await takeLines(second, add, {before: rest}).ended;
      const whole: string[] = [];
      await readLines(Readable.from([bytes], {objectMode: false}), line => void whole.push(line));
      assert.deepEqual(lines, whole);
    }
  });

  it('goes on itself when nobody follows', async () => {
    const stream = new PassThrough();
    const lines: string[] = [];
    const intake = takeLines(stream, line => void lines.push(line));
    stream.write('one\ntw');
    intake.suspend();
    stream.end('o\nthree');
    await nextTurn();
    intake.resume();
    await intake.ended;
    assert.deepEqual(lines, ['one', 'two', 'three']);
  });
});
