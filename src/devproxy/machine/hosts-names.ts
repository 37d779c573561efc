// Names in a hosts file, for a machine whose resolver cannot be told of whole zones.

import type {Registration} from '../../control/protocol.js';
import {withBlock, withoutBlock} from '../../system/changes/change.js';
import {DASHBOARD_HOSTS} from '../dashboard/hosts.js';

/** The hosts that apps have, wildcards as they are. */
export function hostsOf(registrations: readonly Pick<Registration, 'routes' | 'staticRoutes'>[]): readonly string[] {
  const routes = registrations.flatMap(({routes, staticRoutes = []}) => [...routes, ...staticRoutes]);
  return [...new Set(routes.map(route => route.replace(/[/=].*$/, '')))];
}

/** Those that can be written down and are in these zones, with the one of tako's own page; sorted. */
export const hostsToName = (hosts: readonly string[], zones: readonly string[]): readonly string[] =>
  [...new Set([...DASHBOARD_HOSTS, ...hosts])].filter(host => !isWildcard(host) && isInZones(host, zones)).sort();

export const wildcardsIn = (hosts: readonly string[], zones: readonly string[]): readonly string[] =>
  hosts.filter(host => isWildcard(host) && isInZones(host, zones));

export const hostsLines = (names: readonly string[]): readonly string[] =>
  names.flatMap(name => [`127.0.0.1 ${name}`, `::1 ${name}`]);

/** What somebody else's lines say of these names, where that is not this machine: the first line with a name counts. */
export function hostsConflicts(text: string, names: readonly string[]): readonly string[] {
  const conflicts = withoutBlock(text)
    .split('\n')
    .flatMap(line => {
      const [address = '', ...found] = line.replace(/#.*/, '').trim().split(/\s+/);
      return LOOPBACK.includes(address)
        ? []
        : found.filter(name => names.includes(name)).map(name => ({name, address}));
    });
  return conflicts.map(({name, address}) => `${name} is ${address} by a line of /etc/hosts that is not tako's`);
}

/** The file with these names in tako's block; undefined where that is so, or where nobody has asked for a block. */
export function updatedHosts(text: string, names: readonly string[]): string | undefined {
  if (withoutBlock(text) === text) return undefined;
  const updated = withBlock(text, hostsLines(names));
  return updated === text ? undefined : updated;
}

const LOOPBACK: readonly string[] = ['127.0.0.1', '::1'];
const isWildcard = (host: string): boolean => host.startsWith('*.');
const isInZones = (host: string, zones: readonly string[]): boolean =>
  zones.some(zone => host === zone || host.endsWith(`.${zone}`));
