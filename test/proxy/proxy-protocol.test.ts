import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {parseProxyHeader} from '../../src/proxy/proxy-protocol.js';
import {createRandom} from '../helpers/random.js';
import {addressBlock, proxyBlock} from './proxy-header.js';

const complete = (text: string | Buffer) => {
  const header = parseProxyHeader(Buffer.from(text));
  assert.equal(header.state, 'complete', String(text));
  return header;
};

describe('a header of the PROXY protocol, version 1', () => {
  it.each([
    ['PROXY TCP4 192.0.2.7 192.0.2.1 4711 443\r\n', {address: '192.0.2.7', port: 4_711}],
    ['PROXY TCP6 2001:db8::7 2001:db8::1 4711 443\r\n', {address: '2001:db8::7', port: 4_711}],
    ['PROXY UNKNOWN\r\n', undefined],
    ['PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n', undefined],
  ])('%j says whose connection it is', (text, source) => {
    assert.deepEqual(complete(`${text}GET / HTTP/1.1\r\n`), {state: 'complete', length: text.length, source});
    for (let end = 1; end < text.length; end++) {
      assert.equal(parseProxyHeader(Buffer.from(text.slice(0, end))).state, 'incomplete');
    }
  });

  it.each([
    'PROXY TCP4 192.0.2.7 192.0.2.1 4711\r\n',
    'PROXY TCP4 192.0.2.7 192.0.2.1 4711 443 1\r\n',
    'PROXY TCP4 192.0.2.7 192.0.2.1 4711 65536\r\n',
    'PROXY TCP4 192.0.2.7 192.0.2.1 04711 443\r\n',
    'PROXY TCP4 192.0.2.7 192.0.2.1 -1 443\r\n',
    'PROXY TCP4 2001:db8::7 2001:db8::1 4711 443\r\n',
    'PROXY TCP6 192.0.2.7 192.0.2.1 4711 443\r\n',
    'PROXY TCP4 192.0.2.7  192.0.2.1 4711 443\r\n',
    'PROXY UDP4 192.0.2.7 192.0.2.1 4711 443\r\n',
    'PROXY \r\n',
    `PROXY TCP4 ${'1'.repeat(107)}`,
    'proxy TCP4 192.0.2.7 192.0.2.1 4711 443\r\n',
    'GET / HTTP/1.1\r\n',
    '\x16\x03\x01',
  ])('is none in %j', text => assert.equal(parseProxyHeader(Buffer.from(text, 'latin1')).state, 'invalid'));
});

describe('a header of the PROXY protocol, version 2', () => {
  it('says whose connection it is, whatever is said beside it', () => {
    const more = Buffer.concat([Buffer.of(4, 0, 3), Buffer.from('abc')]);
    const cases = [
      [proxyBlock(0x21, 0x11, addressBlock([192, 0, 2, 7], 4_711)), {address: '192.0.2.7', port: 4_711}],
      [proxyBlock(0x21, 0x11, addressBlock([192, 0, 2, 7], 4_711), more), {address: '192.0.2.7', port: 4_711}],
      [
        proxyBlock(0x21, 0x21, addressBlock([0x20, 1, 0xd, 0xb8, ...Array(11).fill(0), 7], 1)),
        {address: '2001:db8::7', port: 1},
      ],
      [
        proxyBlock(0x21, 0x21, addressBlock([...Array(10).fill(0), 255, 255, 192, 0, 2, 7], 2)),
        {address: '192.0.2.7', port: 2},
      ],
      [proxyBlock(0x20, 0x11, addressBlock([192, 0, 2, 7], 4_711)), undefined],
      [proxyBlock(0x20, 0x00), undefined],
      [proxyBlock(0x21, 0x31, Buffer.alloc(216)), undefined],
    ] as const;
    for (const [bytes, source] of cases) {
      const all = Buffer.concat([bytes, Buffer.from('behind')]);
      assert.deepEqual(parseProxyHeader(all), {state: 'complete', length: bytes.length, source});
      for (let end = 1; end < bytes.length; end++) {
        assert.equal(parseProxyHeader(bytes.subarray(0, end)).state, 'incomplete');
      }
    }
  });

  it('is none with another version or command, without room for its addresses, or beyond measure', () => {
    const wrong = [
      proxyBlock(0x11, 0x11, addressBlock([192, 0, 2, 7], 1)),
      proxyBlock(0x22, 0x11, addressBlock([192, 0, 2, 7], 1)),
      proxyBlock(0x21, 0x11, Buffer.alloc(11)),
      proxyBlock(0x21, 0x21, Buffer.alloc(35)),
      proxyBlock(0x21, 0x11, Buffer.alloc(2_049)),
    ];
    for (const bytes of wrong) assert.equal(parseProxyHeader(bytes).state, 'invalid');
  });

  it('is read from any bytes without a throw', () => {
    const random = createRandom(11);
    const start = proxyBlock(0x21, 0x11, addressBlock([192, 0, 2, 7], 4_711));
    for (let run = 0; run < 5_000; run++) {
      const bytes = Buffer.concat([start, random.bytes(random.below(40))]).subarray(0, random.below(70));
      for (let change = random.below(4); change > 0; change--)
        bytes[12 + random.below(bytes.length)] = random.below(256);
      const header = parseProxyHeader(bytes);
      if (header.state === 'complete') assert.ok(header.length <= bytes.length);
    }
  });
});
