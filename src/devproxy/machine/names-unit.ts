// A link of tako's own for systemd-resolved, as a service that makes it.
//
// Names of some zones can be given to a server for one link, or for all. For all of them, that server would also be asked
// for what no link has, and where the machine has other servers for all, they would be asked for ours: a link keeps the two
// apart. It must be there always: with no link that has an address, as offline, systemd-resolved asks nobody. It must be
// one that nobody else has settings for, as NetworkManager and VPNs have for theirs, and push again after sleep.

import {OWN_LINK} from './resolved.js';

export const NAMES_UNIT = 'tako-names.service';

/** Loopback, so that it means nothing to any other machine; of global scope, as other addresses do not count for a link. */
const LINK_ADDRESS = '127.53.53.53/32';
/** The other end, where the link is one of a pair. */
const OTHER_END = 'tako0p';

/** What the unit has below its first line. */
export const namesUnit = (zones: readonly string[], dnsPort: number): readonly string[] => [
  '[Unit]',
  `Description=Ask tako for names under ${zones.join(', ')}`,
  'After=systemd-resolved.service',
  // What it was told is lost when it starts anew: this is done again then.
  'PartOf=systemd-resolved.service',
  '',
  '[Service]',
  'Type=oneshot',
  'RemainAfterExit=yes',
  // Some kernels have no dummy device; a pair of links that end in each other does as well.
  `ExecStart=sh -c 'ip link show ${OWN_LINK} >/dev/null 2>&1 || ip link add ${OWN_LINK} type dummy 2>/dev/null || ip link add ${OWN_LINK} type veth peer name ${OTHER_END}'`,
  `ExecStart=-sh -c 'ip link set ${OTHER_END} up 2>/dev/null'`,
  `ExecStart=ip address replace ${LINK_ADDRESS} dev ${OWN_LINK} scope global`,
  `ExecStart=ip link set ${OWN_LINK} up`,
  `ExecStart=resolvectl dns ${OWN_LINK} 127.0.0.1:${dnsPort}`,
  `ExecStart=resolvectl domain ${OWN_LINK} ${zones.map(zone => `~${zone}`).join(' ')}`,
  // Whatever holds for all links: tako signs no answers and speaks no TLS, and other names are not for this link.
  ...['dnssec', 'dnsovertls', 'default-route', 'llmnr', 'mdns'].map(
    setting => `ExecStart=-resolvectl ${setting} ${OWN_LINK} no`,
  ),
  `ExecStop=-ip link delete ${OWN_LINK}`,
  '',
  '[Install]',
  'WantedBy=multi-user.target',
];

/** Both would take a link they find for theirs, and take what it is told away. */
export const networkManagerFile = (): readonly string[] => [
  '[device-tako]',
  `match-device=interface-name:${OWN_LINK};interface-name:${OTHER_END}`,
  'managed=0',
];

export const networkdFile = (): readonly string[] => [
  '[Match]',
  `Name=${OWN_LINK} ${OTHER_END}`,
  '',
  '[Link]',
  'Unmanaged=yes',
];
