import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {checkFirewalls} from '../../../src/commands/doctor/firewall.js';
import type {LanAddress} from '../../../src/control/events.js';

const LAN: LanAddress = {
  url: 'https://shop.local',
  urls: ['https://shop.local'],
  onboardingUrl: 'http://192.168.1.20:47830/',
  address: '192.168.1.20',
  network: '192.168.1.0/24',
  interface: 'wlan0',
  fingerprint: 'AB:CD',
  problem: null,
};

describe('a firewall', () => {
  it('is a finding where it is active while an app is open to the network, with the command that opens it', () => {
    const [ufw, firewalld] = checkFirewalls(['ufw', 'firewalld'], [LAN, LAN]);
    assert.equal(
      ufw?.fix,
      'sudo ufw allow proto tcp from 192.168.1.0/24 to any port 443,47830 && sudo ufw allow proto udp from 192.168.1.0/24 to any port 5353',
    );
    assert.equal(firewalld?.fix, 'sudo firewall-cmd --add-service=mdns --add-port=443/tcp --add-port=47830/tcp');
    assert.deepEqual([ufw.severity, firewalld.severity], ['warning', 'warning']);
  });

  it('is none otherwise', () => {
    assert.deepEqual(checkFirewalls(['ufw'], []), []);
    assert.deepEqual(checkFirewalls([], [LAN]), []);
  });
});
