import assert from 'node:assert/strict';
import {PassThrough, Readable} from 'node:stream';
import {describe, it} from 'vitest';
import {createFloodGate, HOLD_MS, LINE_WEIGHT, type OutputLimits} from '../../src/supervisor/flood-gate.js';
import {readLimitedOutput} from '../../src/supervisor/limited-output.js';
import {createLineReader} from '../../src/supervisor/output.js';
import {systemClock} from '../../src/system/clock.js';
import {createRandom} from '../helpers/random.js';

const LINE = Buffer.from('0123456789\n');
const WEIGHT = LINE.length + LINE_WEIGHT;
const LIMITS: OutputLimits = {burstBytes: 10 * WEIGHT, bytesPerSecond: 4 * WEIGHT};

const linesOf = (count: number): Buffer => Buffer.concat(Array(count).fill(LINE));
const countOf = (bytes: Buffer): number => bytes.length / LINE.length;

describe('a flood gate', () => {
  it('keeps a burst as a whole', () => {
    const gate = createFloodGate(LIMITS, 0);
    assert.equal(countOf(gate.admit(linesOf(4), 0).kept), 4);
    assert.equal(countOf(gate.admit(linesOf(6), 0).kept), 6);
    assert.equal(gate.isHolding, false);
  });

  it('holds what is more, for what comes next to take its place', () => {
    const gate = createFloodGate(LIMITS, 0);
    gate.admit(linesOf(10), 0);
    const [first, second] = [linesOf(3), linesOf(5)];
    assert.deepEqual([gate.admit(first, 1).kept.length, gate.isHolding], [0, true]);
    assert.equal(gate.admit(second, 2).skipped, first);
    assert.deepEqual([gate.isDue(HOLD_MS), gate.isDue(1 + HOLD_MS)], [false, true]);
  });

  it('keeps the newest of what it held, as far as that is allowed by then', () => {
    const gate = createFloodGate(LIMITS, 0);
    gate.admit(linesOf(10), 0);
    gate.admit(Buffer.concat([linesOf(4), Buffer.from('the newest\nunfinished')]), 0);
    const {skipped, kept} = gate.release(750);
    assert.equal(countOf(skipped), 3);
    assert.equal(String(kept), `${LINE}the newest\nunfinished`);
    assert.equal(gate.isHolding, false);
  });

  it('is open again after a while', () => {
    const gate = createFloodGate(LIMITS, 0);
    gate.admit(linesOf(10), 0);
    assert.equal(countOf(gate.admit(linesOf(8), 2_000).kept), 8);
    assert.equal(countOf(gate.admit(linesOf(10), 3_600_000).kept), 10);
  });

  it('holds nothing for long when the clock is set back', () => {
    const gate = createFloodGate(LIMITS, 5_000);
    gate.admit(linesOf(11), 5_000);
    assert.equal(gate.isDue(1_000), true);
    assert.equal(countOf(gate.release(1_000).kept), 10);
  });
});

type Heard = {readonly lines: string[]; dropped: number};

async function hear(stream: Readable, limits?: OutputLimits): Promise<Heard> {
  const heard: Heard = {lines: [], dropped: 0};
  const onDropped = (count: number): void => {
    assert.ok(count > 0);
    heard.dropped += count;
  };
  await readLimitedOutput(stream, {onLine: text => heard.lines.push(text), onDropped}, systemClock, limits);
  return heard;
}

describe('a limited output', () => {
  it('is read as a whole where it stays within its limits', async () => {
    const text = Array.from({length: 5_000}, (_, number) => `line ${number}\n`).join('');
    const {lines, dropped} = await hear(Readable.from([Buffer.from(`${text}the end`)], {objectMode: false}));
    assert.equal(`${lines.join('\n')}`, `${text}the end`);
    assert.equal(dropped, 0);
  });

  it('gives out or counts every line, whatever the bytes come in, and the last ones in any case (fixed seed)', async () => {
    const random = createRandom(20_261_122);
    for (let round = 0; round < 12; round++) {
      const stream = new PassThrough();
      const hearing = hear(stream, {burstBytes: random.below(4_000), bytesPerSecond: 40_000});
      let written = 0;
      for (let chunk = 0; chunk < 60; chunk++) {
        const lines = Array.from({length: random.below(40)}, () => `${++written} ${'x'.repeat(random.below(60))}\r\n`);
        const bytes = Buffer.from(lines.join(''));
        const cut = random.below(bytes.length + 1);
        stream.write(bytes.subarray(0, cut));
        if (random.below(4) === 0) await systemClock.sleep(random.below(20));
        stream.write(bytes.subarray(cut));
      }
      stream.end('last words');
      const {lines, dropped} = await hearing;
      assert.equal(lines.length - 1 + dropped, written);
      assert.equal(lines.at(-1), 'last words');
      const numbers = lines.slice(0, -1).map(line => Number.parseInt(line, 10));
      assert.deepEqual(
        numbers,
        numbers.toSorted((a, b) => a - b),
      );
    }
  });

  it('keeps the line that is under way when it begins to skip, and none after it', async () => {
    const lines: string[] = [];
    const reader = createLineReader(line => lines.push(line));
    reader.write(Buffer.from('one\ntw'));
    assert.equal(reader.skip(Buffer.from('o\nthree\nfo')), 1);
    assert.equal(reader.skip(Buffer.from('u')), 0);
    assert.equal(reader.skip(Buffer.from('r\nfi')), 1);
    reader.write(Buffer.from('ve\n'));
    assert.deepEqual(lines, ['one', 'two', 'five']);
  });

  it('counts a line that goes on for longer than it is kept as one', async () => {
    const stream = new PassThrough();
    const hearing = hear(stream, {burstBytes: 200, bytesPerSecond: 1});
    for (const part of ['first\nbeg', 'un ', 'and ', 'goes\non\n', 'and on\n']) {
      stream.write(part);
      await systemClock.sleep(15);
    }
    stream.end();
    const {lines, dropped} = await hearing;
    assert.equal(lines.length + dropped, 4);
  });

  it('ends when it is closed in the middle, or breaks', async () => {
    for (const error of [undefined, new Error('EIO')]) {
      const stream = new PassThrough();
      const hearing = hear(stream);
      stream.write('one\ntwo');
      await systemClock.sleep(20);
      stream.destroy(error);
      assert.deepEqual((await hearing).lines, ['one', 'two']);
    }
  });

  it('tells what its listener throws, and reads no further', async () => {
    const stream = Readable.from([Buffer.from('one\ntwo\n')], {objectMode: false});
    const onLine = (): void => {
      throw new Error('full');
    };
    await assert.rejects(readLimitedOutput(stream, {onLine, onDropped: () => {}}, systemClock), /full/);
    assert.ok(stream.destroyed);
  });
});
