import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {parseServerName} from '../../src/ca/server-name.js';

describe('a server name', () => {
  it('is a host name of letters, digits and inner hyphens', () => {
    for (const name of ['localhost', 'app.test', 'xn--bcher-kva.test', '1-2.a1.test', `${'a'.repeat(63)}.test`]) {
      assert.equal(parseServerName(name), name);
    }
  });

  it('is an address in its shortest form', () => {
    assert.equal(parseServerName('127.0.0.1'), '127.0.0.1');
    assert.equal(parseServerName('0:0:0:0:0:0:0:1'), '::1');
    assert.equal(parseServerName('FD00::0001'), 'fd00::1');
  });

  it('is the IPv4 address that a dual-stack socket reports inside IPv6', () => {
    assert.equal(parseServerName('::ffff:127.0.0.1'), '127.0.0.1');
    assert.equal(parseServerName('::ffff:7f00:1'), '127.0.0.1');
  });

  it('is nothing else', () => {
    const long = Array(64).fill('abc').join('.');
    for (const text of [
      '',
      '.',
      'app.test.',
      '.test',
      'a..test',
      'App.test',
      '*.test',
      '-a.test',
      'a-.test',
      'a_b.test',
    ]) {
      assert.equal(parseServerName(text), undefined, text);
    }
    for (const text of [
      'a/b.test',
      '../x',
      'a\0.test',
      'ä.test',
      `${'a'.repeat(64)}.test`,
      long,
      'fe80::1%eth0',
      '[::1]',
    ]) {
      assert.equal(parseServerName(text), undefined, text);
    }
  });
});
