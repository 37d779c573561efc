import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import type {ClientConnection} from '../../src/proxy/client-side.js';
import {addedFieldsFor, isLoop, MAX_HOPS} from '../../src/proxy/forwarded.js';
import {HeaderFields} from '../../src/proxy/header-fields.js';

const clientAt = (address: string): ClientConnection => ({
  address,
  port: 1,
  isSecure: true,
  httpVersion: '1.1',
  tls: undefined,
});

const requestOf = (host: string, ...vias: string[]) => ({
  method: 'GET',
  target: '/',
  host,
  fields: HeaderFields.from(vias.flatMap(via => ['Via', via])),
});

describe('what an upstream is told about a client', () => {
  it('is its address, how it came, the host it asked for, and that it came through us', () => {
    const {list, lines} = addedFieldsFor(clientAt('192.0.2.7'), requestOf('app.test:8443'));
    const expected = [
      'X-Forwarded-For: 192.0.2.7',
      'X-Forwarded-Proto: https',
      'X-Forwarded-Host: app.test:8443',
      'Forwarded: for=192.0.2.7;host="app.test:8443";proto=https',
      'Via: 1.1 tako',
    ];
    assert.deepEqual(lines.split('\r\n'), [...expected, '']);
    assert.deepEqual(
      list.map((text, index) => (index % 2 === 0 ? `${text}: ${list[index + 1]}` : '')).filter(Boolean),
      expected,
    );
  });

  it.each([
    ['::1', '::1', 'for="[::1]"'],
    ['2001:db8::7', '2001:db8::7', 'for="[2001:db8::7]"'],
    ['', 'unknown', 'for=unknown'],
  ])('writes the address %j as RFC 7239 asks for it', (address, plain, node) => {
    const {list} = addedFieldsFor(clientAt(address), requestOf('app.test'));
    assert.equal(list[1], plain);
    assert.equal(list[7], `${node};host="app.test";proto=https`);
  });

  it('is http on a plain connection, and HTTP/2 where it spoke that', () => {
    const {list} = addedFieldsFor({...clientAt('::1'), isSecure: false, httpVersion: '2'}, requestOf('app.test'));
    assert.equal(list[3], 'http');
    assert.equal(list.at(-1), '2 tako');
  });

  it('is rendered once for a connection that asks for one host, and anew for another', () => {
    const client = clientAt('192.0.2.7');
    const first = addedFieldsFor(client, requestOf('a.test'));
    assert.equal(addedFieldsFor(client, requestOf('a.test')), first);
    assert.equal(addedFieldsFor(client, requestOf('b.test')).list[5], 'b.test');
    assert.equal(addedFieldsFor(client, requestOf('a.test')).list[5], 'a.test');
  });

  it('keeps the proxies it came through before, for that request only', () => {
    const client = clientAt('192.0.2.7');
    const request = requestOf('app.test', '1.1 first', '2 second, 1.0 third (comment)');
    assert.equal(addedFieldsFor(client, request).list.at(-1), '1.1 first, 2 second, 1.0 third (comment), 1.1 tako');
    assert.equal(addedFieldsFor(client, requestOf('app.test')).list.at(-1), '1.1 tako');
  });
});

describe('a loop', () => {
  it('is a request that came through us too often, in one field or several', () => {
    const hop = '1.1 tako';
    const enough = Array<string>(MAX_HOPS).fill(hop);
    assert.ok(isLoop(requestOf('app.test', ...enough)));
    assert.ok(isLoop(requestOf('app.test', enough.join(','))));
    assert.ok(!isLoop(requestOf('app.test', ...enough.slice(1))));
    assert.ok(!isLoop(requestOf('app.test')));
  });

  it('is not what came through others however often', () => {
    assert.ok(!isLoop(requestOf('app.test', ...Array<string>(50).fill('1.1 takoyaki, 1.1 x (tako), tako 1.1'))));
  });
});
