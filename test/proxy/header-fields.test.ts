import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {
  CONNECTION,
  CONTENT_LENGTH,
  COOKIE,
  DATE,
  HOST,
  NOT_DOWNSTREAM,
  NOT_UPSTREAM,
} from '../../src/proxy/field-kinds.js';
import {HeaderFields} from '../../src/proxy/header-fields.js';
import {HeadParser} from '../../src/proxy/http1/head-parser.js';

/** The same fields twice: as a parser found them, and as a filter would have set them. */
function bothWays(lines: readonly string[]): [parsed: HeaderFields, built: HeaderFields] {
  const parser = new HeadParser({fields: 100, targetBytes: 100});
  assert.ok(parser.parseFields(Buffer.from(`${lines.map(line => `${line}\r\n`).join('')}\r\n`, 'latin1'), 0) > 0);
  const list = lines.flatMap(line => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  return [parser.fields, HeaderFields.from(list)];
}

function each(lines: readonly string[], check: (fields: HeaderFields) => void): void {
  for (const fields of bothWays(lines)) check(fields);
}

const linesOf = (text: string): string[] => text.split('\r\n').slice(0, -1);

describe('header fields', () => {
  it('are read by name in any case, all of them or joined', () => {
    each(['Set-Cookie: a=1', 'X-A: 1', 'set-cookie: b=2', 'x-a:', 'X-AB: 2'], fields => {
      assert.deepEqual(fields.getAll('SET-COOKIE'), ['a=1', 'b=2']);
      assert.equal(fields.get('x-A'), '1, ');
      assert.equal(fields.get('x-abc'), undefined);
      assert.deepEqual(fields.getAll('x'), []);
      assert.deepEqual([fields.has('x-ab'), fields.has('x-b')], [true, false]);
      assert.equal(fields.count, 5);
    });
  });

  it('are told in the order and the case they came', () => {
    each(['X-B: 1', 'x-a: 2', 'X-B: 3'], fields => {
      assert.deepEqual(
        [...fields],
        [
          ['X-B', '1'],
          ['x-a', '2'],
          ['X-B', '3'],
        ],
      );
    });
  });

  it('are changed by name: deleted, replaced behind the others, and added', () => {
    each(['A: 1', 'B: 2', 'a: 3'], fields => {
      fields.set('A', '4');
      fields.append('C', '5');
      fields.delete('b');
      fields.delete('never-there');
      assert.deepEqual([...fields].flat(), ['A', '4', 'C', '5']);
      assert.equal(fields.count, 2);
      assert.deepEqual([fields.has('b'), fields.get('a')], [false, '4']);
      assert.deepEqual(linesOf(fields.render(NOT_UPSTREAM)), ['A: 4', 'C: 5']);
    });
  });

  it('may be called as what every object has', () => {
    each(['__proto__: a', 'constructor: b', '__proto__: c'], fields => {
      assert.deepEqual(fields.getAll('__PROTO__'), ['a', 'c']);
      assert.equal(fields.get('toString'), undefined);
      assert.deepEqual(fields.toList(NOT_UPSTREAM), ['__proto__', 'a', 'constructor', 'b', '__proto__', 'c']);
    });
  });

  it.each(['', 'a b', 'a:', 'a\r\nb', 'é', 'a\0', ' a', '(a)'])('cannot be called %j', name => {
    assert.throws(() => new HeaderFields().append(name, 'x'), TypeError);
    assert.throws(() => new HeaderFields().set(name, 'x'), TypeError);
    assert.throws(() => HeaderFields.from([name, 'x']), TypeError);
  });

  it.each(['a\r\nb: c', 'a\nb', 'a\rb', 'a\0b', 'a\x7f', 'a\x0bb', '\u010d\u010a', '€'])('cannot be %j', value => {
    assert.throws(() => new HeaderFields().append('a', value), TypeError);
    assert.throws(() => new HeaderFields().set('a', value), TypeError);
  });

  it('may have tabs and bytes above ASCII in their values', () => {
    assert.equal(HeaderFields.from(['a', '\t\xe9\xff']).get('a'), '\t\xe9\xff');
  });

  it('are found by kind, deleted ones not', () => {
    each(['Host: a', 'Cookie: a=1', 'cookie: b=2'], fields => {
      assert.equal(fields.valueOf(HOST), 'a');
      assert.deepEqual(fields.valuesOf(COOKIE), ['a=1', 'b=2']);
      assert.deepEqual([fields.hasKind(COOKIE), fields.hasKind(DATE)], [true, false]);
      fields.delete('cookie');
      assert.deepEqual([fields.hasKind(COOKIE), fields.valueOf(COOKIE)], [false, undefined]);
      fields.set('Date', 'now');
      assert.ok(fields.hasKind(DATE));
    });
  });
});

describe('fields that are passed on', () => {
  it('upstream keep their case, their order, their repetition and what is in their values', () => {
    const lines = ['X-B: 1', 'x-a: 2', 'X-B: 3', 'X-Empty: ', 'Cookie: a=1', 'X-Bytes: \xe9\xff', 'cookie: b=2'];
    each(lines, fields => assert.deepEqual(linesOf(fields.render(NOT_UPSTREAM)), lines));
  });

  it('upstream are without what ends at us and what Connection names', () => {
    const lines = [
      ...['A: 1', 'Connection: Keep-Alive, X-Mine', 'connection:  te ,x-other', 'X-Mine: a', 'x-OTHER: b', 'B: 2'],
      ...['Keep-Alive: timeout=5', 'Proxy-Connection: keep-alive', 'Proxy-Authorization: Basic eDp5', 'TE: trailers'],
      ...['Trailer: x', 'Transfer-Encoding: chunked', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABk', 'C: 3'],
    ];
    assertPassedOn(lines, NOT_UPSTREAM, ['A', '1', 'B', '2', 'C', '3']);
  });

  it('upstream are without what a client claims about itself', () => {
    const claims = [
      ...['Forwarded', 'X-Forwarded-For', 'x-forwarded-host', 'X-FORWARDED-PROTO', 'X-Forwarded-Port', 'Host', 'Via'],
      ...['X-Forwarded-Server', 'X-Real-IP', 'X-Tako-Internal-Token', 'X_Forwarded_For', 'x_real_ip', 'Content_Length'],
    ];
    assertPassedOn([...claims.map(name => `${name}: 1`), 'Content-Length: 1'], NOT_UPSTREAM, []);
  });

  it('downstream keep each value of a repeated field, and lose what ends at us', () => {
    const lines = [
      'Set-Cookie: a=1',
      'Connection: close, X-Mine',
      'X-Mine: 1',
      'Transfer-Encoding: chunked',
      'set-cookie: b=2',
    ];
    assertPassedOn([...lines, 'Keep-Alive: x', 'Via: 1.1 x'], NOT_DOWNSTREAM, [
      'Set-Cookie',
      'a=1',
      'set-cookie',
      'b=2',
      'Via',
      '1.1 x',
    ]);
  });

  it('are all of them where Connection names nothing of theirs', () => {
    for (const value of ['keep-alive', 'close', 'Upgrade', '', ' , ,', 'content-length', 'other']) {
      assertPassedOn([`Connection: ${value}`, 'A: 1'], NOT_UPSTREAM, ['A', '1']);
    }
  });

  it('are copied to be changed without changing those they come from', () => {
    each(['A: 1', 'Content-Length: 3', 'Connection: content-length, b', 'B: 2'], fields => {
      const copy = fields.copy(NOT_UPSTREAM, CONTENT_LENGTH);
      assert.deepEqual([...copy].flat(), ['A', '1', 'Content-Length', '3']);
      assert.ok(copy.hasKind(CONTENT_LENGTH));
      assert.ok(!copy.hasKind(CONNECTION));
      copy.set('A', '2');
      assert.equal(fields.get('a'), '1');
    });
  });

  it('are none of none', () => {
    const fields = new HeaderFields();
    assert.deepEqual([fields.render(NOT_UPSTREAM), fields.toList(NOT_UPSTREAM), fields.count], ['', [], 0]);
  });
});

/** As lines, as a list, and as a copy. */
function assertPassedOn(lines: readonly string[], dropped: Uint8Array, expected: readonly string[]): void {
  each(lines, fields => {
    const rendered = linesOf(fields.render(dropped)).flatMap(line => line.split(/: (.*)/).slice(0, 2));
    assert.deepEqual(rendered, expected);
    assert.deepEqual([...fields.copy(dropped)].flat(), expected);
    const lowerCase = expected.map((text, index) => (index % 2 === 0 ? text.toLowerCase() : text));
    assert.deepEqual(fields.toList(dropped), lowerCase);
  });
}
