import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {describe, it} from 'vitest';
import {createIpNetworks} from '../../src/proxy/ip-networks.js';

describe('a set of IP addresses', () => {
  it('has what is in its networks, of both versions', () => {
    const {has} = createIpNetworks(['10.0.0.0/8', '192.0.2.1', '2001:db8::/32', '::1']);
    for (const address of ['10.255.0.1', '192.0.2.1', '2001:db8:1::7', '::1'])
      assert.equal(has(address), true, address);
    for (const address of ['11.0.0.1', '192.0.2.2', '2001:db9::1', '::2']) assert.equal(has(address), false, address);
  });

  it('has nothing that is no address', () => {
    const {has} = createIpNetworks(['0.0.0.0/0', '::/0']);
    for (const text of ['', 'unknown', '_hidden', '10.0.0', '10.0.0.1:80', '[::1]'])
      assert.equal(has(text), false, text);
  });

  it('knows Cloudflare by a list that says where it is from, and when', () => {
    const {has} = createIpNetworks(['cloudflare']);
    assert.deepEqual(['104.16.0.1', '2606:4700::1', '8.8.8.8'].map(has), [true, true, false]);
    const text = readFileSync(new URL('../../templates/cloudflare-networks.txt', import.meta.url), 'utf8');
    assert.match(text, /Source: https:\/\/www\.cloudflare\.com\/ips-v4 .* on \d{4}-\d\d-\d\d/);
  });

  it.each([
    '',
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    '::/129',
    'fe80::1%eth0',
    'akamai',
    '10.0.0.*',
  ])('refuses %j', text => assert.throws(() => createIpNetworks([text]), {code: 'NETWORK_INVALID'}));
});
