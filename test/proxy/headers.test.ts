import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {
  downstreamResponseHeaders,
  downstreamTrailers,
  type ForwardedFacts,
  upstreamRequestHeaders,
} from '../../src/proxy/headers.js';

const FACTS: ForwardedFacts = {host: 'app.test:8443', clientAddress: '127.0.0.1', protocol: 'https'};

const FROM_US = [
  ['X-Forwarded-For', '127.0.0.1'],
  ['X-Forwarded-Proto', 'https'],
  ['X-Forwarded-Host', 'app.test:8443'],
  ['Forwarded', 'for=127.0.0.1;host="app.test:8443";proto=https'],
];

/** The lines that go upstream, beside Host in front and the forwarded facts at the end. */
function passedOn(raw: readonly string[]): string[] {
  const headers = upstreamRequestHeaders(raw, FACTS);
  assert.deepEqual(headers.slice(0, 2), ['Host', 'app.test:8443']);
  assert.deepEqual(headers.slice(-8), FROM_US.flat());
  return headers.slice(2, -8);
}

describe('the headers of a request going upstream', () => {
  it('keep their case, their order and their repetition', () => {
    const raw = ['X-B', '1', 'x-a', '2', 'X-B', '3', 'X-Empty', ''];
    assert.deepEqual(passedOn(raw), raw);
  });

  it('are without those that end at us, and those that Connection names', () => {
    const raw = [
      ['Connection', 'Keep-Alive, X-Mine'],
      ['connection', ' te ,x-other'],
      ['X-Mine', 'a'],
      ['x-OTHER', 'b'],
      ['Keep-Alive', 'timeout=5'],
      ['Proxy-Connection', 'keep-alive'],
      ['Proxy-Authorization', 'Basic eDp5'],
      ['TE', 'trailers'],
      ['Trailer', 'x'],
      ['Transfer-Encoding', 'chunked'],
      ['Upgrade', 'h2c'],
      ['HTTP2-Settings', 'AAMAAABk'],
      ['Authorization', 'Basic eDp5'],
    ];
    assert.deepEqual(passedOn(raw.flat()), ['Authorization', 'Basic eDp5']);
  });

  it('are without what a client claims about itself', () => {
    const claims = ['Forwarded', 'X-Forwarded-For', 'x-forwarded-host', 'X-FORWARDED-PROTO', 'X-Forwarded-Port'];
    const others = ['X-Forwarded-Server', 'X-Real-IP', 'X-Tako-Internal-Token', 'Content-Length', 'Host'];
    assert.deepEqual(passedOn([...claims, ...others].flatMap(name => [name, '1'])), []);
  });

  it('keep what we set whatever Connection names', () => {
    assert.deepEqual(passedOn(['Connection', 'host, x-forwarded-for, forwarded, x-forwarded-proto']), []);
  });

  it('have one Cookie, however many there were', () => {
    const raw = [':method', 'GET', ':authority', 'app.test', 'cookie', 'a=1', 'x', 'y', 'cookie', 'b=2'];
    assert.deepEqual(passedOn(raw), ['x', 'y', 'Cookie', 'a=1; b=2']);
  });

  it('write an IPv6 client in brackets and quotes where RFC 7239 asks for it', () => {
    const headers = upstreamRequestHeaders([], {...FACTS, clientAddress: '::1'});
    assert.ok(headers.includes('::1'));
    assert.ok(headers.includes('for="[::1]";host="app.test:8443";proto=https'));
  });
});

describe('the headers of an answer going downstream', () => {
  it('keep each value of a repeated field', () => {
    const raw = ['Set-Cookie', 'a=1', 'X-A', '1', 'set-cookie', 'b=2', 'SET-COOKIE', 'c=3'];
    assert.deepEqual({...downstreamResponseHeaders(raw)}, {'set-cookie': ['a=1', 'b=2', 'c=3'], 'x-a': '1'});
  });

  it('are without those that end at us, and those that Connection names', () => {
    const raw = [
      'Connection',
      'close, X-Mine',
      'X-Mine',
      '1',
      'Transfer-Encoding',
      'chunked',
      'Keep-Alive',
      'x',
      'X',
      '2',
    ];
    assert.deepEqual({...downstreamResponseHeaders(raw)}, {x: '2'});
  });

  it('may be called as what every object has', () => {
    const headers = downstreamResponseHeaders(['__proto__', 'a', 'constructor', 'b', '__proto__', 'c']);
    assert.deepEqual(Object.entries(headers), [
      ['__proto__', ['a', 'c']],
      ['constructor', 'b'],
    ]);
  });

  it('leave framing out of trailers', () => {
    assert.deepEqual(
      {...downstreamTrailers(['Grpc-Status', '0', 'Content-Length', '3', 'Transfer-Encoding', 'x'])},
      {
        'grpc-status': '0',
      },
    );
  });
});
