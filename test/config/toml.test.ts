import assert from 'node:assert/strict';
import fc from 'fast-check';
import {describe, it} from 'vitest';
import {parseToml, TomlDateTime, type TomlDocument} from '../../src/config/toml.js';
import {runs} from '../helpers/soak.js';

function documentOf(text: string): TomlDocument {
  const parsed = parseToml(text);
  assert.ok(parsed.ok, parsed.ok ? '' : parsed.message);
  return parsed.document;
}

/** As a plain value, for comparing: tables here have no prototype. */
const plain = (text: string): unknown => JSON.parse(JSON.stringify(documentOf(text).value));

describe('parseToml', () => {
  it('reads dotted keys, headed tables and arrays of tables into one value', () => {
    assert.deepEqual(plain('a.b = 1\n[c.d]\ne = [1, {f = "x"}]\n[[g]]\nh = true\n[[g]]\n[g.i]\nj = 2.5'), {
      a: {b: 1},
      c: {d: {e: [1, {f: 'x'}]}},
      g: [{h: true}, {i: {j: 2.5}}],
    });
  });

  it('knows the line and column of every key and array element', () => {
    const {locate} = documentOf('a.b = [1,\n  2]\n\n[envs.production]\n  route = "x"\n[[stage]]\n[[stage]]\nrun = ""');
    assert.deepEqual(locate(['a', 'b', 1]), {line: 2, column: 3});
    assert.deepEqual(locate(['envs', 'production']), {line: 4, column: 7});
    assert.deepEqual(locate(['envs', 'production', 'route']), {line: 5, column: 3});
    assert.deepEqual(locate(['stage', 1, 'run']), {line: 8, column: 1});
  });

  it('places a key that is not there at the nearest table around it', () => {
    const {locate} = documentOf('x = 1\n[storages.s3]\nbucket = "b"');
    assert.deepEqual(locate(['storages', 's3', 'region']), {line: 2, column: 11});
    assert.deepEqual(locate(['nothing']), {line: 1, column: 1});
  });

  it('keeps whole numbers exact however large they are', () => {
    const {value} = documentOf('small = 0x10\nlarge = 9007199254740993');
    assert.equal(value.small, 16);
    assert.equal(value.large, 9007199254740993n);
  });

  it('keeps dates and times as they were written', () => {
    const {value} = documentOf('day = 1979-05-27\nmoment = 1979-05-27T07:32:00Z');
    assert.deepEqual(value.day, new TomlDateTime('1979-05-27'));
    assert.deepEqual(value.moment, new TomlDateTime('1979-05-27T07:32:00Z'));
  });

  it('treats names that JavaScript knows as any other key', () => {
    const {value} = documentOf('__proto__ = 1\n[constructor]\nprototype = 2');
    assert.equal(Object.getPrototypeOf(value), null);
    assert.deepEqual(Object.keys(value), ['__proto__', 'constructor']);
    assert.equal(Reflect.get({}, 'prototype'), undefined);
  });

  it('answers a syntax error with its place', () => {
    assert.deepEqual(parseToml('name = "a"\nport = '), {
      ok: false,
      position: {line: 2, column: 8},
      message: 'unspecified values are invalid',
    });
  });

  it('answers a key written twice with the place of the second', () => {
    assert.deepEqual(parseToml('a = 1\n  a = 2'), {
      ok: false,
      position: {line: 2, column: 3},
      message: 'defining a key multiple times is invalid',
    });
  });

  it('answers for nesting deeper than the stack', () => {
    assert.equal(parseToml(`a = ${'['.repeat(100_000)}`).ok, false);
    assert.equal(parseToml(`a = ${'['.repeat(100_000)}${']'.repeat(100_000)}`).ok, false);
  });

  it('takes a byte order mark', () => {
    assert.deepEqual(plain('\uFEFFa = 1'), {a: 1});
  });

  it('reads back every table of strings, numbers and booleans', () => {
    const scalar = fc.oneof(fc.string(), fc.integer(), fc.boolean());
    const table = fc.dictionary(fc.string(), fc.oneof(scalar, fc.array(scalar)), {noNullPrototype: true});
    fc.assert(
      fc.property(table, input => {
        const text = Object.entries(input).map(([key, value]) => `${tomlText(key)} = ${tomlText(value)}\n`);
        assert.deepEqual(plain(text.join('')), JSON.parse(JSON.stringify(input)));
      }),
      {seed: 1, numRuns: runs(500)},
    );
  });
});

/** JSON of these values is TOML too, but for DEL. */
const tomlText = (value: unknown): string => JSON.stringify(value).replaceAll('\x7f', '\\u007f');
