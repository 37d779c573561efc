import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {type LogRecord, parseRecord, renderRecord} from '../../../src/supervisor/log-files/log-record.js';
import {createRandom, type Random} from '../../helpers/random.js';

const RECORD: LogRecord = {
  id: 7,
  time: 1_000,
  stream: 'stdout',
  release: 'abc',
  instance: 2,
  level: 'warning',
  text: 'hé\n',
};

describe('a record', () => {
  it('is one line of JSON, and read back as it was', () => {
    const line = renderRecord(RECORD);
    assert.equal(
      line,
      '{"id":7,"time":1000,"stream":"stdout","release":"abc","instance":2,"level":"warning","text":"hé\\n"}\n',
    );
    assert.deepEqual(parseRecord(line), RECORD);
    const short: LogRecord = {id: 1, time: 0, stream: 'tako', text: ''};
    assert.deepEqual(parseRecord(renderRecord(short)), short);
  });

  it('keeps what it knows of one from a later version', () => {
    assert.deepEqual(parseRecord('{"id":1,"time":2,"stream":"stderr","text":"x","color":"red"}'), {
      id: 1,
      time: 2,
      stream: 'stderr',
      text: 'x',
    });
  });

  it('has no level where that is none that it knows', () => {
    assert.deepEqual(parseRecord('{"id":1,"time":2,"stream":"stderr","level":"loud","text":"x"}'), {
      id: 1,
      time: 2,
      stream: 'stderr',
      text: 'x',
    });
  });

  it.each([
    '',
    'null',
    '[]',
    '7',
    '"text"',
    '{}',
    '{"id":0,"time":1,"stream":"stdout","text":""}',
    '{"id":1.5,"time":1,"stream":"stdout","text":""}',
    '{"id":"1","time":1,"stream":"stdout","text":""}',
    '{"id":1,"time":-1,"stream":"stdout","text":""}',
    '{"id":1,"time":1e400,"stream":"stdout","text":""}',
    '{"id":1,"time":1,"stream":"stdin","text":""}',
    '{"id":1,"time":1,"stream":"stdout","text":null}',
    '{"id":1,"time":1,"stream":"stdout"}',
    '{"id":1,"time":1,"stream":"stdout","text":"","release":7}',
    '{"id":1,"time":1,"stream":"stdout","text":"","instance":null}',
    '{"id":1,"time":1,"stream":"stdout","text":""',
    '{"__proto__":{"id":1,"time":1,"stream":"stdout","text":""}}',
  ])('is not %s', line => {
    assert.equal(parseRecord(line), undefined);
  });
});

describe('lines of any kind', () => {
  const ALPHABET = ['"', '\\', '\n', '\r', '\0', '\u2028', 'é', '😀', '\ud800', '{', '}', ',', ':', 'a', '1', ' '];
  const anyText = (random: Random): string =>
    Array.from({length: random.below(30)}, () => ALPHABET[random.below(ALPHABET.length)]).join('');

  it('come back as they were, whatever their text', () => {
    const random = createRandom(5);
    for (let id = 1; id <= 2_000; id++) {
      const record: LogRecord = {
        id,
        time: random.below(2 ** 31),
        stream: (['stdout', 'stderr', 'tako'] as const)[random.below(3)] ?? 'tako',
        ...(random.below(2) === 0 ? {} : {release: anyText(random)}),
        ...(random.below(2) === 0 ? {} : {instance: random.below(2) === 0 ? random.below(9) : anyText(random)}),
        text: anyText(random),
      };
      const line = renderRecord(record);
      assert.equal(line.indexOf('\n'), line.length - 1);
      // A lone surrogate has no bytes of its own: JSON escapes it.
      assert.deepEqual(parseRecord(Buffer.from(line).toString()), record);
    }
  });

  it('that were damaged are records of the right shape, or none, and never an error', () => {
    const random = createRandom(6);
    const line = renderRecord(RECORD);
    let refused = 0;
    for (let round = 0; round < 20_000; round++) {
      const bytes = Buffer.from(line);
      for (let change = 1 + random.below(4); change > 0; change--)
        bytes[random.below(bytes.length)] = random.below(256);
      const record = parseRecord(bytes.subarray(0, 1 + random.below(bytes.length)).toString());
      if (record === undefined) refused += 1;
      else assert.deepEqual(parseRecord(renderRecord(record)), record);
    }
    assert.ok(refused > 10_000);
  });
});
