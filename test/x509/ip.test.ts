import assert from 'node:assert/strict';
import {BlockList, isIP} from 'node:net';
import fc from 'fast-check';
import {describe, it} from 'vitest';
import {ipBytes, ipText} from '../../src/x509/ip.js';
import {isInRange, parseIpRange, rangeBytes, rangeText} from '../../src/x509/ip-range.js';

describe('IP addresses', () => {
  it('become bytes in network order', () => {
    assert.deepEqual(ipBytes('192.168.0.1'), Buffer.from([192, 168, 0, 1]));
    assert.deepEqual(ipBytes('::1'), Buffer.from([...Array(15).fill(0), 1]));
    assert.deepEqual(ipBytes('fe80::1:2'), Buffer.from('fe800000000000000000000000010002', 'hex'));
    assert.deepEqual(ipBytes('::ffff:10.0.0.1'), Buffer.from('00000000000000000000ffff0a000001', 'hex'));
  });

  it('are not names, and not addresses of one interface', () => {
    for (const text of ['', 'localhost', '1.2.3', '1.2.3.256', '01.2.3.4', ':::', 'fe80::1%eth0']) {
      assert.equal(ipBytes(text), undefined, text);
    }
  });

  it('come back in their shortest form', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), text => {
        const bytes = ipBytes(text) ?? Buffer.alloc(0);
        assert.equal(isIP(ipText(bytes)), isIP(text));
        assert.deepEqual(ipBytes(ipText(bytes)), bytes);
      }),
      {seed: 1, numRuns: 500},
    );
  });
});

describe('IP ranges', () => {
  it('hold the addresses that node:net says they hold', () => {
    const range = fc.oneof(
      fc.tuple(fc.ipV4(), fc.integer({min: 0, max: 32}), fc.ipV4()),
      fc.tuple(fc.ipV6(), fc.integer({min: 0, max: 128}), fc.ipV6()),
    );
    fc.assert(
      fc.property(range, ([base, prefix, address]) => {
        const family = isIP(base) === 4 ? 'ipv4' : 'ipv6';
        const list = new BlockList();
        list.addSubnet(base, prefix, family);
        const parsed = parseIpRange(`${base}/${prefix}`);
        assert.equal(isInRange(ipBytes(address) ?? Buffer.alloc(0), parsed), list.check(address, family));
        assert.ok(isInRange(ipBytes(base) ?? Buffer.alloc(0), parsed));
      }),
      {seed: 2, numRuns: 500},
    );
  });

  it('do not hold addresses of the other family', () => {
    assert.ok(!isInRange(Buffer.alloc(16), parseIpRange('0.0.0.0/0')));
  });

  it('survive the form they have in a certificate', () => {
    for (const text of ['127.0.0.0/8', '172.16.0.0/12', '::1/128', 'fc00::/7', '0.0.0.0/0']) {
      assert.equal(rangeText(rangeBytes(parseIpRange(text))), text);
    }
  });

  it('are refused when they are none', () => {
    for (const text of ['', '10.0.0.0', '10.0.0.0/', '10.0.0.0/33', '::/129', 'x/8', '10.0.0.0/-1']) {
      assert.throws(() => parseIpRange(text), RangeError, text);
    }
  });
});
