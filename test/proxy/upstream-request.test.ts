import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {NOT_UPSTREAM} from '../../src/proxy/field-kinds.js';
import {HeaderFields} from '../../src/proxy/header-fields.js';
import {UpstreamRequest} from '../../src/proxy/upstream-request.js';

const ADDED = {
  lines: 'X-Forwarded-For: 192.0.2.7\r\nVia: 1.1 tako\r\n',
  list: ['X-Forwarded-For', '192.0.2.7', 'Via', '1.1 tako'],
};

function createRequest(...fields: string[]): UpstreamRequest {
  return new UpstreamRequest(
    {method: 'GET', target: '/a?b', host: 'app.test', fields: HeaderFields.from(fields)},
    {upgrade: undefined, dropped: NOT_UPSTREAM, added: ADDED},
  );
}

/** As HTTP/1.1 and as HTTP/2 would send it; both must say the same. */
function sentBy(request: UpstreamRequest): string[] {
  const lines = request.renderFields().split('\r\n').slice(0, -1);
  const list = request.listFields();
  const fromList = lines.map((_, index) => `${list[2 * index]}: ${list[2 * index + 1]}`);
  assert.deepEqual(
    fromList,
    lines.map(line => line.replace(/^[^:]*/, name => name.toLowerCase())),
  );
  assert.equal(list.length, 2 * lines.length);
  return lines;
}

const SENT_ALWAYS = ['X-Forwarded-For: 192.0.2.7', 'Via: 1.1 tako'];

describe('a request going upstream', () => {
  it('has what the client sent and may send, and behind it what we add', () => {
    const request = createRequest('A', '1', 'X-Forwarded-For', 'spoofed', 'Connection', 'b', 'B', '2', 'C', '3');
    assert.deepEqual(sentBy(request), ['A: 1', 'C: 3', ...SENT_ALWAYS]);
  });

  it('has the same once a filter has only looked at it', () => {
    const request = createRequest(
      'A',
      '1',
      'X-Forwarded-For',
      'spoofed',
      'Connection',
      'b',
      'B',
      '2',
      'Content-Length',
      '3',
    );
    assert.equal(request.fields.get('x-forwarded-for'), '192.0.2.7');
    assert.equal(request.fields.get('content-length'), '3');
    assert.deepEqual(sentBy(request), ['A: 1', ...SENT_ALWAYS]);
  });

  it('keeps what we add whatever Connection names', () => {
    for (const touch of [false, true]) {
      const request = createRequest('Connection', 'host, via, x-forwarded-for');
      if (touch) request.fields.has('a');
      assert.deepEqual(sentBy(request), SENT_ALWAYS);
    }
  });

  it('has what a filter sets, forwarded fields and Via too', () => {
    const request = createRequest('A', '1');
    request.fields.set('X-Forwarded-For', '198.51.100.1');
    request.fields.set('Via', '1.1 mine');
    request.fields.delete('a');
    request.fields.append('B', '2');
    assert.deepEqual(sentBy(request), ['X-Forwarded-For: 198.51.100.1', 'Via: 1.1 mine', 'B: 2']);
  });

  it('has no framing and no Host that a filter sets among its fields', () => {
    const request = createRequest();
    for (const [name, value] of [
      ['Host', 'x'],
      ['Content-Length', '3'],
      ['Transfer-Encoding', 'chunked'],
      ['Connection', 'close'],
      ['Upgrade', 'x'],
    ] as const) {
      request.fields.set(name, value);
    }
    assert.deepEqual(sentBy(request), SENT_ALWAYS);
  });

  it('leaves the fields of the client as they are', () => {
    const fields = HeaderFields.from(['A', '1']);
    const head = {method: 'GET', target: '/', host: 'app.test', fields};
    const request = new UpstreamRequest(head, {upgrade: undefined, dropped: NOT_UPSTREAM, added: ADDED});
    request.fields.set('A', '2');
    assert.deepEqual([...fields].flat(), ['A', '1']);
  });

  it('is of unknown length once a filter takes its Content-Length away', () => {
    const request = createRequest('Content-Length', '3');
    assert.equal(request.isUnsized, false);
    assert.ok(request.fields.has('content-length'));
    assert.equal(request.isUnsized, false);
    request.fields.delete('content-length');
    assert.equal(request.isUnsized, true);
  });

  it('takes another method, target and host', () => {
    const request = createRequest();
    request.method = 'M-SEARCH';
    request.target = '/b"<>|?c=%0d';
    request.host = '[::1]:3000';
    assert.deepEqual([request.method, request.target, request.host], ['M-SEARCH', '/b"<>|?c=%0d', '[::1]:3000']);
    request.target = '*';
    assert.equal(request.target, '*');
  });

  // The last two become CR and LF where a character above ASCII is cut to a byte.
  it.each(['', 'a b', '/a b', '/a\r\nX: y', '/\0', '/#f', 'http://other.test/', 'a', '/\u010d\u010a', '/\u0d0a'])(
    'does not take %j as its target',
    target => {
      const request = createRequest();
      assert.throws(() => {
        request.target = target;
      }, TypeError);
      assert.equal(request.target, '/a?b');
    },
  );

  it.each(['', 'a b', 'a\r\n', 'a\u010a'])('does not take %j as its method or host', text => {
    const request = createRequest();
    assert.throws(() => {
      request.method = text;
    }, TypeError);
    assert.throws(() => {
      request.host = text;
    }, TypeError);
    assert.deepEqual([request.method, request.host], ['GET', 'app.test']);
  });
});
