import assert from 'node:assert/strict';
import type {NetworkInterfaceInfo} from 'node:os';
import {describe, it} from 'vitest';
import {chooseNetwork, type NetworkFacts, noNetwork} from '../../../src/devproxy/lan/network.js';

/** As node tells of it: `192.168.1.20/24`. */
function at(cidr: string): NetworkInterfaceInfo {
  const [address = '', length = ''] = cidr.split('/');
  const shared = {address, cidr, mac: '02:00:00:00:00:01', internal: address === '127.0.0.1'};
  if (address.includes(':')) return {...shared, family: 'IPv6', netmask: '', scopeid: 0};
  const mask = (0xffffffff << (32 - Number(length))) >>> 0;
  const netmask = [24, 16, 8, 0].map(shift => (mask >>> shift) & 255).join('.');
  return {...shared, family: 'IPv4', netmask};
}

const facts = (interfaces: Record<string, readonly string[]>, defaultAddress?: string): NetworkFacts => ({
  interfaces: Object.fromEntries(
    Object.entries({lo: ['127.0.0.1/8'], ...interfaces}).map(([name, cidrs]) => [name, cidrs.map(at)]),
  ),
  defaultAddress,
});

const chosen = (interfaces: Record<string, readonly string[]>, defaultAddress?: string, wanted?: string) =>
  chooseNetwork(facts(interfaces, defaultAddress), {wanted})?.address;

describe('the network of a phone', () => {
  it('is that of the default route', () => {
    assert.equal(chosen({eth0: ['10.0.0.5/24'], wlan0: ['192.168.1.20/24']}, '192.168.1.20'), '192.168.1.20');
  });

  it('is the first private one where there is no default route', () => {
    assert.equal(chosen({eth0: ['10.0.0.5/24'], wlan0: ['192.168.1.20/24']}), '10.0.0.5');
  });

  it('is never one of containers, virtual machines or a VPN, even with the default route', () => {
    const virtual = {
      docker0: ['172.17.0.1/16'],
      'br-4f2a': ['172.18.0.1/16'],
      veth9a: ['10.1.0.1/24'],
      virbr0: ['192.168.122.1/24'],
    };
    assert.equal(chosen({...virtual, tun0: ['10.8.0.2/24'], wlan0: ['192.168.1.20/24']}, '10.8.0.2'), '192.168.1.20');
    assert.equal(
      chosen({...virtual, utun3: ['10.8.0.2/24'], wg0: ['10.9.0.2/24'], tailscale0: ['100.64.0.2/10']}),
      undefined,
    );
  });

  it('is never the internet, nor a link with room for nobody', () => {
    assert.equal(chosen({eth0: ['203.0.113.5/24']}, '203.0.113.5'), undefined);
    assert.equal(chosen({eth0: ['10.0.0.5/32']}, '10.0.0.5'), undefined);
  });

  it('is one without DHCP only where there is no other', () => {
    assert.equal(chosen({en5: ['169.254.3.4/16'], en6: ['10.0.0.5/24']}), '10.0.0.5');
    assert.equal(chosen({en5: ['169.254.3.4/16']}), '169.254.3.4');
  });

  it('is the one that was asked for, whatever that is', () => {
    const interfaces = {wlan0: ['192.168.1.20/24'], docker0: ['172.17.0.1/16'], eth0: ['203.0.113.5/24']};
    assert.equal(chosen(interfaces, '192.168.1.20', '172.17.0.1'), '172.17.0.1');
    assert.equal(chosen(interfaces, '192.168.1.20', 'docker0'), '172.17.0.1');
    assert.equal(chosen(interfaces, '192.168.1.20', '203.0.113.5'), '203.0.113.5');
    assert.equal(chosen(interfaces, '192.168.1.20', '10.0.0.1'), undefined);
  });

  it('stays the same while it is there, though another one has the default route by now', () => {
    const both = {eth0: ['10.0.0.5/24'], wlan0: ['192.168.1.20/24']};
    const current = chooseNetwork(facts({wlan0: ['192.168.1.20/24']}), {wanted: undefined});
    assert.equal(chooseNetwork(facts(both, '10.0.0.5'), {wanted: undefined, current})?.address, '192.168.1.20');
    const moved = facts({eth0: ['10.0.0.5/24'], wlan0: ['192.168.1.99/24']}, '10.0.0.5');
    assert.equal(chooseNetwork(moved, {wanted: undefined, current})?.address, '10.0.0.5');
  });

  it('says who is in it, and has the unique local addresses of IPv6 beside that of IPv4', () => {
    const addresses = ['192.168.1.20/22', 'fd00:1::20/64', '2001:db8::20/64', 'fe80::20/64'];
    const network = chooseNetwork(facts({wlan0: addresses}), {wanted: undefined});
    assert.deepEqual(network?.subnets, ['192.168.0.0/22', 'fd00:1::20/64']);
    assert.deepEqual(network.moreAddresses, ['fd00:1::20']);
    assert.deepEqual(network.ownAddresses, ['192.168.1.20', 'fd00:1::20', '2001:db8::20', 'fe80::20']);
  });

  it('is explained where there is none', () => {
    const none = noNetwork(facts({docker0: ['172.17.0.1/16']}), undefined);
    assert.equal(none.code, 'LAN_NO_NETWORK');
    assert.deepEqual(none.details, ['docker0: 172.17.0.1']);
    assert.equal(noNetwork(facts({}), '10.0.0.1').code, 'LAN_ADDRESS_UNKNOWN');
  });
});
