// Whom this machine asks for names, and whether something takes all of them, as a VPN does.

import {type NetworkInterfaceInfo, networkInterfaces} from 'node:os';
import path from 'node:path';
import {readTextIfExists} from '../../system/files.js';
import {type Finding, fine, missing} from './finding.js';
import type {DoctorWorld} from './machine-world.js';

export type ResolverFacts = {
  /** Of /etc/resolv.conf, in order. */
  readonly servers: readonly string[];
  /** Links that systemd-resolved sends every name to which no other link has a domain for. */
  readonly takers: readonly string[];
  /** Network interfaces that look like a VPN's. */
  readonly tunnels: readonly string[];
};

export async function readResolver({root, run}: DoctorWorld, interfaces = networkInterfaces()): Promise<ResolverFacts> {
  const [conf, domains] = await Promise.all([
    readTextIfExists(path.join(root, 'etc/resolv.conf')),
    run({file: 'resolvectl', args: ['domain', '--no-pager']}).then(
      ({stdout}) => stdout,
      () => '',
    ),
  ]);
  return {
    servers: serversIn(conf ?? ''),
    takers: takersIn(domains),
    tunnels: Object.entries(interfaces).flatMap(([name, addresses]) => (isTunnel(name, addresses ?? []) ? [name] : [])),
  };
}

/** What VPN clients call their interfaces: OpenVPN, WireGuard, PPP, macOS, and some vendors'. */
const TUNNEL = /^(?:tun|tap|wg|ppp|utun|ipsec|tailscale|zt|nordlynx|proton|cscotun|gpd)\d*/;

/** macOS has some of them without any address of use, whether there is a VPN or not. */
const isTunnel = (name: string, addresses: readonly NetworkInterfaceInfo[]): boolean =>
  TUNNEL.test(name) && addresses.some(({family}) => family === 'IPv4');

const serversIn = (conf: string): readonly string[] =>
  [...conf.matchAll(/^[ \t]*nameserver[ \t]+(\S+)/gm)].map(([, server = '']) => server);

/** Lines such as `Link 5 (tun0): ~. corp.example`: `~.` is the route of all names. */
const takersIn = (domains: string): readonly string[] =>
  [...domains.matchAll(/^Link \d+ \((\S+)\):(.*)$/gm)]
    .filter(([, , routes = '']) => routes.trim().split(/\s+/).includes('~.'))
    .map(([, link = '']) => link);

export type ResolverContext = {
  readonly zone: string;
  /** Whether names of apps are found all the same. */
  readonly resolves: boolean;
  /** Whether `tako setup` has made them resolve. */
  readonly isSetUp: boolean;
};

export function checkResolver(
  {servers, takers, tunnels}: ResolverFacts,
  {zone, resolves, isSetUp}: ResolverContext,
): readonly Finding[] {
  const [taker = tunnels[0]] = takers;
  if (servers.length === 0 && taker === undefined) return [];
  const asked = servers.length === 0 ? 'names are asked of no server' : `names are asked of ${servers.join(', ')}`;
  if (resolves || taker === undefined) {
    return [fine('dns-resolver', taker === undefined ? asked : `${asked}; ${taker} is up, and does not take .${zone}`)];
  }
  const fix = `tako setup, once ${taker} is up; where its client forbids that, use the .localhost names`;
  const takes = takers.length > 0 ? 'takes all names' : 'is up, and may have taken all names';
  return [missing('dns-resolver', `${asked}, and ${taker} ${takes}: those of .${zone} too`, fix, isSetUp)];
}
