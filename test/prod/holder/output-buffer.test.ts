import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {
  createOutputBuffer,
  KEPT_BYTES,
  type OutputLine,
  type OutputSink,
} from '../../../src/prod/holder/output-buffer.js';
import {createLineReader, MAX_LINE_BYTES} from '../../../src/supervisor/output.js';

function collect(): OutputSink & {readonly lines: OutputLine[]; readonly ended: string[]; texts(): string[]} {
  const lines: OutputLine[] = [];
  const ended: string[] = [];
  return {
    lines,
    ended,
    texts: () => lines.map(({text}) => text),
    line: line => void lines.push(line),
    end: stream => void ended.push(stream),
  };
}

/** Whether the promise has resolved by itself. */
const isResolved = (promise: Promise<void>): Promise<boolean> =>
  Promise.race([promise.then(() => true), new Promise<boolean>(resolve => setImmediate(() => resolve(false)))]);

const KIBIBYTE = 'x'.repeat(1024);

describe('the output of an app', () => {
  it('goes to whoever is there, in order, and its end behind it', () => {
    const buffer = createOutputBuffer();
    const sink = collect();
    buffer.append('stdout', 'before');
    buffer.direct(sink);
    buffer.append('stderr', 'after');
    buffer.end('stdout');
    assert.deepEqual(
      sink.lines.map(({stream, text}) => [stream, text]),
      [
        ['stdout', 'before'],
        ['stderr', 'after'],
      ],
    );
    assert.deepEqual(sink.ended, ['stdout']);
  });

  it('goes to the next one as far as nobody has taken it', () => {
    const buffer = createOutputBuffer();
    const [first, second] = [collect(), collect()];
    buffer.direct(first);
    for (const text of ['one', 'two', 'three']) buffer.append('stdout', text);
    buffer.taken(first.lines[0]?.sequence ?? 0);
    buffer.direct(undefined);
    buffer.append('stdout', 'four');
    buffer.end('stdout');
    buffer.direct(second);
    assert.deepEqual(second.texts(), ['two', 'three', 'four']);
    assert.deepEqual(second.ended, ['stdout']);
  });

  it('keeps its newest when nobody is there, and counts the rest', () => {
    const buffer = createOutputBuffer();
    const lines = 10_000;
    for (let line = 1; line <= lines; line++) buffer.append('stdout', `${line} ${KIBIBYTE}`);
    const sink = collect();
    buffer.direct(sink);
    const [note, ...kept] = sink.texts();
    const dropped = Number(/^\[(\d+) lines dropped, as nobody took them\]$/.exec(note ?? '')?.[1]);
    assert.equal(dropped + kept.length, lines);
    assert.ok(kept.join('').length <= KEPT_BYTES);
    assert.ok(kept.join('').length > KEPT_BYTES / 2, `only ${kept.length} lines were kept`);
    assert.equal(kept.at(-1), `${lines} ${KIBIBYTE}`);
    const sequences = sink.lines.map(({sequence}) => sequence);
    assert.deepEqual(
      sequences,
      sequences.toSorted((a, b) => a - b),
    );
  });

  it('counts empty lines as something too', () => {
    const buffer = createOutputBuffer();
    for (let line = 0; line < 100_000; line++) buffer.append('stdout', '');
    const sink = collect();
    buffer.direct(sink);
    assert.ok(sink.lines.length < 5_000, `${sink.lines.length} lines were kept`);
  });

  it('is held up, not lost, while somebody is slow to take it', async () => {
    const buffer = createOutputBuffer();
    const sink = collect();
    buffer.direct(sink);
    for (let bytes = 0; bytes < KEPT_BYTES; bytes += KIBIBYTE.length) buffer.append('stdout', KIBIBYTE);
    const room = buffer.room();
    assert.equal(await isResolved(room), false);
    buffer.taken(sink.lines.at(-1)?.sequence ?? 0);
    await room;
    assert.equal(await isResolved(buffer.room()), true);
    assert.ok(!sink.texts().some(text => text.includes('dropped')));
  });

  it('is not held up when who was to take it goes', async () => {
    const buffer = createOutputBuffer();
    buffer.direct(collect());
    for (let bytes = 0; bytes < KEPT_BYTES; bytes += KIBIBYTE.length) buffer.append('stdout', KIBIBYTE);
    const room = buffer.room();
    buffer.direct(undefined);
    await room;
  });

  it('is neither held up nor piled up by somebody who takes nothing any more', async () => {
    const buffer = createOutputBuffer(1);
    const sink = collect();
    buffer.direct(sink);
    for (let line = 0; line < 10_000; line++) {
      buffer.append('stdout', KIBIBYTE);
      await buffer.room();
    }
    buffer.end('stdout');
    const given = sink.lines.length;
    assert.ok(given <= KEPT_BYTES / KIBIBYTE.length + 1, `${given} lines were given to it`);
    assert.deepEqual(sink.ended, []);
    buffer.taken(sink.lines.at(-1)?.sequence ?? 0);
    const dropped = /^\[(\d+) lines dropped/.exec(sink.texts()[given] ?? '')?.[1];
    assert.equal(given + Number(dropped) + (sink.lines.length - given - 1), 10_000);
    assert.deepEqual(sink.ended, ['stdout']);
  });

  it('says the same of a line that is too long when it is read again', () => {
    const long = 'é'.repeat(MAX_LINE_BYTES);
    const texts: string[] = [];
    createLineReader(text => texts.push(text)).write(Buffer.from(`${long}\n`));
    const sink = collect();
    const buffer = createOutputBuffer();
    buffer.direct(sink);
    buffer.append('stdout', texts[0] ?? '');
    const again: string[] = [];
    createLineReader(text => again.push(text)).write(Buffer.from(`${sink.texts()[0]}\n`));
    assert.deepEqual(again, sink.texts());
    const [, kept = '', cut] = /^(é+) \[(\d+) bytes cut\]$/.exec(again[0] ?? '') ?? [];
    assert.equal(Buffer.byteLength(kept) + Number(cut), Buffer.byteLength(long));
  });
});
