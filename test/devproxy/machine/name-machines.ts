import type {NameFacts} from '../../../src/devproxy/machine/name-facts.js';

// Machines as `readNameFacts` finds them.

/** A server or container: a plain resolv.conf, nothing on the machine that could be told of a zone. */
export const PLAIN: NameFacts = {
  system: 'linux',
  init: 'other',
  delegations: [],
  hasOwn: false,
  findsTest: false,
  nameservers: ['10.0.0.2'],
  sources: ['files', 'dns'],
  resolvedVersion: null,
  hasNetworkManager: false,
  hasNetworkd: false,
  dnsmasqs: [],
  hosts: '127.0.0.1 localhost\n',
  powershell: null,
};

/** Ubuntu, Fedora. */
export const RESOLVED: NameFacts = {
  ...PLAIN,
  init: 'systemd',
  nameservers: ['127.0.0.53'],
  sources: ['files', 'mdns4_minimal', 'resolve', 'dns'],
  resolvedVersion: 255,
};

export const DNSMASQ: NameFacts = {
  ...PLAIN,
  init: 'systemd',
  nameservers: ['127.0.0.1'],
  dnsmasqs: [{configFile: '/etc/dnsmasq.conf', folders: ['/etc/dnsmasq.d']}],
};

export const NETWORK_MANAGER: NameFacts = {
  ...PLAIN,
  init: 'systemd',
  nameservers: ['127.0.0.1'],
  hasNetworkManager: true,
  dnsmasqs: [{configFile: '/dev/null', folders: ['/etc/NetworkManager/dnsmasq.d']}],
};

export const MACOS: NameFacts = {...PLAIN, system: 'darwin', nameservers: ['192.168.1.1']};

export const WSL: NameFacts = {...PLAIN, powershell: '/mnt/c/powershell.exe'};
