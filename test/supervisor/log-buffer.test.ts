import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {createLogBuffer, type LogBuffer, type LogLimits, type LogLine} from '../../src/supervisor/log-buffer.js';

const clock = {now: () => 5_000, sleep: async () => {}};

function filled(count: number, limits?: LogLimits): LogBuffer {
  const logs = createLogBuffer(clock, limits);
  for (let number = 1; number <= count; number++) logs.append('stdout', `line ${number}`);
  return logs;
}

const idsOf = (lines: readonly LogLine[]): readonly number[] => lines.map(line => line.id);

describe('a log buffer', () => {
  it('numbers lines from 1 and notes when they came and from where', () => {
    const logs = createLogBuffer(clock);
    assert.deepEqual(logs.append('stderr', 'oh', {instance: '42', level: 'error'}), {
      id: 1,
      time: 5_000,
      stream: 'stderr',
      text: 'oh',
      instance: '42',
      level: 'error',
    });
    assert.deepEqual(logs.append('tako', 'hm'), {id: 2, time: 5_000, stream: 'tako', text: 'hm'});
  });

  it('keeps the newest lines and never gives an id twice', () => {
    const logs = filled(5, {maxLines: 2, maxBytes: 1_000});
    assert.deepEqual(idsOf(logs.since(0).lines), [4, 5]);
    assert.equal(logs.append('stdout', 'next').id, 6);
  });

  it('keeps no more bytes than it may', () => {
    const logs = createLogBuffer(clock, {maxLines: 100, maxBytes: 10});
    for (const text of ['four', 'fóur', 'four']) logs.append('stdout', text);
    assert.deepEqual(idsOf(logs.last(100)), [2, 3]);
    logs.append('stdout', 'more than ten bytes');
    assert.deepEqual(logs.last(100), []);
  });

  it('gives what came after an id, as far as it is still there', () => {
    const logs = filled(5, {maxLines: 2, maxBytes: 1_000});
    assert.deepEqual(idsOf(logs.since(4).lines), [5]);
    assert.deepEqual(idsOf(logs.since(3).lines), [4, 5]);
    assert.deepEqual(idsOf(logs.since(1).lines), [4, 5]);
    assert.deepEqual(logs.since(5).lines, []);
    assert.deepEqual(logs.since(9).lines, []);
    assert.deepEqual(createLogBuffer(clock).since(0).lines, []);
  });

  it('answers the same however many lines have been dropped', () => {
    const logs = createLogBuffer(clock, {maxLines: 7, maxBytes: 1_000});
    for (let id = 1; id <= 100; id++) {
      logs.append('stdout', `line ${id}`);
      const kept = Array.from({length: Math.min(id, 7)}, (_, index) => id - Math.min(id, 7) + 1 + index);
      assert.deepEqual(idsOf(logs.since(0).lines), kept);
      assert.deepEqual(idsOf(logs.last(100)), kept);
      assert.deepEqual(idsOf(logs.since(id - 3).lines), kept.slice(-3));
      assert.deepEqual(idsOf(logs.last(3)), kept.slice(-3));
    }
  });

  it('gives the last lines, none if none are asked for', () => {
    assert.deepEqual(idsOf(filled(5).last(2)), [4, 5]);
    assert.deepEqual(filled(5).last(0), []);
  });

  it('tells its subscribers of each new line until they leave', () => {
    const logs = filled(1);
    const seen: number[] = [];
    const unsubscribe = logs.subscribe(line => seen.push(line.id));
    logs.append('stdout', 'second');
    unsubscribe();
    logs.append('stdout', 'third');
    assert.deepEqual(seen, [2]);
  });
});
