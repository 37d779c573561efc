// Which network "the network" is: the one a person means who has a phone in the other hand.

import type {NetworkInterfaceInfo} from 'node:os';
import {createIpNetworks} from '../../proxy/ip-networks.js';
import {TakoError} from '../../system/error.js';

/** A network this machine is in, by one interface. */
export type LanNetwork = {
  readonly interface: string;
  /** This machine's IPv4 address there. */
  readonly address: string;
  /** Its unique local IPv6 addresses (RFC 4193) there; those of the internet are left alone. */
  readonly moreAddresses: readonly string[];
  /** Everything that this machine is called there: a device that has a name for one of them has it for us. */
  readonly ownAddresses: readonly string[];
  /** IPv4 first: `192.168.1.0/24`. */
  readonly subnets: readonly string[];
};

/** What the system says, as `readNetworkFacts` reads it. */
export type NetworkFacts = {
  readonly interfaces: NodeJS.Dict<readonly NetworkInterfaceInfo[]>;
  /** Where from packets for the internet would be sent. */
  readonly defaultAddress: string | undefined;
};

export type NetworkWish = {
  /** An address or an interface of this machine, if one was asked for. */
  readonly wanted: string | undefined;
  /** The one in use, which is kept for as long as it is there. */
  readonly current?: LanNetwork | undefined;
};

/**
 * The default route's network when it is a private one, else the first private one. Networks of containers, virtual machines
 * and VPNs, and addresses of the internet, are taken only when they are asked for. Undefined: none.
 */
export function chooseNetwork(facts: NetworkFacts, {wanted, current}: NetworkWish): LanNetwork | undefined {
  const networks = networksOf(facts);
  if (wanted !== undefined) return networks.find(({address, interface: name}) => [address, name].includes(wanted));
  const usual = networks.filter(({address, interface: name}) => PRIVATE.has(address) && !VIRTUAL.test(name));
  const isCurrent = (network: LanNetwork): boolean => current !== undefined && isSameNetwork(network, current);
  return (
    usual.find(isCurrent) ??
    usual.find(({address}) => address === facts.defaultAddress) ??
    usual.find(({address}) => !SELF_ASSIGNED.has(address)) ??
    usual[0]
  );
}

/** Whether it is the same network, and this machine is called the same there. */
export const isSameNetwork = (a: LanNetwork, b: LanNetwork): boolean =>
  a.interface === b.interface && [a.address, ...a.moreAddresses].join() === [b.address, ...b.moreAddresses].join();

/** Why there is none: LAN_ADDRESS_UNKNOWN when one was asked for, else LAN_NO_NETWORK. */
export function noNetwork(facts: NetworkFacts, wanted: string | undefined): TakoError {
  const details = networksOf(facts).map(({interface: name, address}) => `${name}: ${address}`);
  if (wanted !== undefined) {
    return new TakoError('LAN_ADDRESS_UNKNOWN', `this machine has no address or interface ${wanted}`, {
      hint: details.length > 0 ? 'it has these:' : 'it is in no network',
      details,
    });
  }
  return new TakoError('LAN_NO_NETWORK', 'this machine is in no private network', {
    hint:
      details.length > 0
        ? 'if it is one of these, say so with --lan-address'
        : 'connect to the Wi-Fi that the other device is in',
    details,
  });
}

/** RFC 1918, and RFC 3927: two machines and a cable. */
const PRIVATE = createIpNetworks(['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16']);
const SELF_ASSIGNED = createIpNetworks(['169.254.0.0/16']);
/** RFC 4193. */
const UNIQUE_LOCAL = createIpNetworks(['fc00::/7']);

/** Of Docker, Podman, Kubernetes, LXD, libvirt, VMware, VirtualBox, Hyper-V, VPNs, and Apple's links between devices. */
const VIRTUAL =
  /^(?:docker|br-|veth|podman|cni|flannel|cali|lxc|lxd|incus|virbr|vnet|vmnet|vboxnet|vethernet|tun|tap|utun|wg|ppp|tailscale|zt|nordlynx|awdl|llw|bridge)/i;

/** Every network with room for another device. */
function networksOf({interfaces}: NetworkFacts): readonly LanNetwork[] {
  return Object.entries(interfaces).flatMap(([name, addresses = []]) => {
    const outer = addresses.filter(({internal, cidr}) => !internal && cidr !== null);
    const [main] = outer.filter(({family, cidr}) => family === 'IPv4' && !cidr?.endsWith('/32'));
    if (!main) return [];
    const more = outer.filter(({family, address}) => family === 'IPv6' && UNIQUE_LOCAL.has(address));
    return {
      interface: name,
      address: main.address,
      moreAddresses: more.map(({address}) => address),
      ownAddresses: outer.map(({address}) => address),
      subnets: [main, ...more].map(subnetOf),
    };
  });
}

/** `192.168.1.0/24` of an address in it; node gives the address with the length of its prefix. */
function subnetOf({address, netmask, family, cidr}: NetworkInterfaceInfo): string {
  const [, length = ''] = (cidr ?? '').split('/');
  if (family === 'IPv6') return `${address}/${length}`;
  const mask = netmask.split('.').map(Number);
  const start = address.split('.').map((part, index) => Number(part) & (mask[index] ?? 255));
  return `${start.join('.')}/${length}`;
}
