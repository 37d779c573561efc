import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import type {ClientConnection} from '../../src/proxy/client-side.js';
import {HeaderFields} from '../../src/proxy/header-fields.js';
import {createTrustedProxies, type TrustedProxiesOptions} from '../../src/proxy/trusted-proxies.js';

const PROXY = '10.0.0.1';
const connectionOf = (address: string): ClientConnection => ({
  address,
  port: 4_711,
  isSecure: false,
  httpVersion: '1.1',
  tls: undefined,
});

/** Who a request with these fields is from that came from the proxy. */
function clientOf(
  fields: Readonly<Record<string, string | readonly string[]>>,
  more: Partial<TrustedProxiesOptions> = {},
) {
  const list = Object.entries(fields).flatMap(([name, value]) => [value].flat().flatMap(one => [name, one]));
  const proxies = createTrustedProxies({addresses: ['10.0.0.0/8', '2001:db8::/32'], ...more});
  return proxies.clientOf(connectionOf(PROXY), {fields: HeaderFields.from(list)});
}

describe('a proxy that is not trusted', () => {
  it('says nothing about the client', () => {
    const proxies = createTrustedProxies({addresses: ['10.0.0.0/8']});
    const fields = HeaderFields.from(['X-Forwarded-For', '192.0.2.7', 'X-Forwarded-Proto', 'https']);
    assert.equal(proxies.clientOf(connectionOf('192.0.2.1'), {fields}), undefined);
  });
});

describe('a trusted proxy that sets X-Forwarded-*', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['6.6.6.6, 192.0.2.7', '192.0.2.7'],
    ['6.6.6.6, 192.0.2.7, 10.0.0.2', '192.0.2.7'],
    ['10.6.6.6, 192.0.2.7, 2001:db8::2,10.0.0.2', '192.0.2.7'],
    ['10.0.0.3, 10.0.0.2', '10.0.0.3'],
    ['192.0.2.7:4711', '192.0.2.7'],
    ['[2001:DB9::7]:4711', '2001:db9::7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['6.6.6.6, unknown, 10.0.0.2', '10.0.0.2'],
    ['6.6.6.6, ', PROXY],
    ['<script>', PROXY],
    ['', PROXY],
  ])('of %j means the client %s', (value, address) => {
    assert.equal(clientOf({'X-Forwarded-For': value})?.address, address);
  });

  it('may write several fields of one name', () => {
    assert.equal(clientOf({'X-Forwarded-For': ['6.6.6.6', '192.0.2.7', '10.0.0.2']})?.address, '192.0.2.7');
  });

  it("says how the client came, and what it asked for: the last value, as others may be the client's", () => {
    const told = {
      'X-Forwarded-For': '192.0.2.7',
      'X-Forwarded-Proto': 'http, HTTPS',
      'X-Forwarded-Host': 'evil.test, app.test',
    };
    const client = clientOf(told);
    assert.deepEqual([client?.isSecure, client?.proxy], [true, {address: PROXY, host: 'app.test'}]);
    const odd = clientOf({'X-Forwarded-Proto': 'wss', 'X-Forwarded-Host': 'a b'});
    assert.deepEqual([odd?.isSecure, odd?.proxy?.host, odd?.address], [false, undefined, PROXY]);
  });

  it('is not believed what a client wrote into Forwarded', () => {
    const client = clientOf({'X-Forwarded-For': '192.0.2.7', Forwarded: 'for=6.6.6.6;proto=https'});
    assert.deepEqual([client?.address, client?.isSecure], ['192.0.2.7', false]);
  });

  it('is not asked about more hops than a request can have made', () => {
    const value = ['192.0.2.7', ...Array.from({length: 5_000}, () => '10.0.0.2')].join(',');
    assert.equal(clientOf({'X-Forwarded-For': value})?.address, '10.0.0.2');
  });
});

describe('a trusted proxy that sets Forwarded', () => {
  const fields = 'forwarded';

  it.each([
    ['for=192.0.2.7', '192.0.2.7', false, undefined],
    ['For="192.0.2.7:4711";Proto=HTTPS;host=app.test', '192.0.2.7', true, 'app.test'],
    ['for="[2001:db9::7]:4711";host="app.test:8443"', '2001:db9::7', false, 'app.test:8443'],
    ['for=6.6.6.6;proto=https, for=192.0.2.7;proto=http', '192.0.2.7', false, undefined],
    ['for=192.0.2.7;proto=https, for=10.0.0.2;proto=http', '192.0.2.7', true, undefined],
    ['for=6.6.6.6, for=_hidden;proto=https, for=10.0.0.2', '10.0.0.2', false, undefined],
    ['for=unknown;proto=https', PROXY, true, undefined],
    ['for="6.6.6.6, for=192.0.2.7', PROXY, false, undefined],
    ['for="192.0.2.7\\"', PROXY, false, undefined],
    ['for=192.0.2.7 proto=https', PROXY, false, undefined],
    ['', PROXY, false, undefined],
  ])('of %j means the client %s', (value, address, isSecure, host) => {
    const client = clientOf({Forwarded: value, 'X-Forwarded-For': '6.6.6.6', 'X-Forwarded-Proto': 'https'}, {fields});
    assert.deepEqual([client?.address, client?.isSecure, client?.proxy?.host], [address, isSecure, host]);
  });

  it('takes no longer for a value made to be slow', () => {
    const values = ['for="'.repeat(10_000), ';'.repeat(60_000), `for="${'\\'.repeat(60_001)}`, ' '.repeat(60_000)];
    for (const value of values) assert.equal(clientOf({Forwarded: `${value}x y`}, {fields})?.address, PROXY);
  });
});
