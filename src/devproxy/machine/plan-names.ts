// Which of the ways there are to have names found suits this machine. One is chosen, the best; where names are found
// already, as somebody has set it up by hand, there is nothing to do, and what belongs to another tool is left alone.

import type {Change} from '../../system/changes/change.js';
import {decideZones, findZoneOwner, isServedByHand} from './delegation.js';
import {DNSMASQ_CONFIG, type Dnsmasq, NETWORK_MANAGER_FOLDER} from './dnsmasq-config.js';
import {hostsConflicts, hostsToName, wildcardsIn} from './hosts-names.js';
import type {MachinePlan} from './machine-plan.js';
import {
  dnsmasqChange,
  hostsChange,
  macosChange,
  resolvedChange,
  type WayOptions,
  windowsChange,
} from './name-changes.js';
import type {NameFacts} from './name-facts.js';

/** What of all that is wished for is about names. */
export type NameWishes = {
  readonly zones: readonly string[];
  readonly hosts: readonly string[];
  readonly ports: {readonly dns: number};
};

/** Pure. What stands already is wanted still. */
export function planNames(facts: NameFacts, {zones: wanted, hosts, ports: {dns}}: NameWishes): MachinePlan {
  const zones = decideZones(wanted, facts.delegations, dns).filter(zone => !isTaken(zone));
  const open = zones.filter(zone => !isFound(zone));
  const notes = ownerNotes(facts, wanted, dns);
  if (open.length === 0) return {changes: [], notes};
  const names = hostsToName(hosts, open);
  const way = decideWay(facts, dns);
  const windows = facts.powershell === null ? [] : [windowsChange(facts.powershell, names)];
  const wildcards = way.kind === 'hosts' || windows.length > 0 ? wildcardsIn(hosts, open) : [];
  return {
    changes: [...changesFor(way, {facts, zones: open, names, dnsPort: dns}), ...windows],
    notes: [
      ...notes,
      ...way.notes,
      ...(way.kind === 'hosts' ? hostsConflicts(facts.hosts, names) : []),
      ...(wildcards.length > 0 ? [`a hosts file has no wildcards: nothing finds ${wildcards.join(', ')} there`] : []),
    ],
  };

  function isTaken(zone: string): boolean {
    return findZoneOwner(zone, facts.delegations, dns) !== undefined;
  }
  function isFound(zone: string): boolean {
    const isFoundSomehow = zone === 'test' && facts.findsTest && !facts.hasOwn;
    return isFoundSomehow || isServedByHand(zone, facts.delegations, dns);
  }
}

function ownerNotes({delegations}: NameFacts, zones: readonly string[], dnsPort: number): readonly string[] {
  return zones.flatMap(zone => {
    const owner = findZoneOwner(zone, delegations, dnsPort);
    if (owner === undefined) return [];
    return zone === 'test'
      ? [`names under .test belong to ${owner} here, and stay so: apps are at NAME.tako.test and NAME.localhost`]
      : [`names under ${zone} belong to ${owner} here, and stay so`];
  });
}

type Way =
  | {readonly kind: 'macos' | 'resolved' | 'hosts' | 'none'; readonly notes: readonly string[]}
  | {readonly kind: 'dnsmasq'; readonly dnsmasq: Dnsmasq; readonly notes: readonly string[]};

/** The first that can tell a name server's port: `resolvectl dns` does since systemd 246. */
const RESOLVED_WITH_PORTS = 246;

function decideWay(facts: NameFacts, dnsPort: number): Way {
  if (facts.system === 'other')
    return {kind: 'none', notes: ['tako cannot set up names on this system (docs/names.md)']};
  // Any free port is another one each time.
  if (dnsPort === 0) return {kind: 'hosts', notes: ['dns_port = 0 in settings.toml: only single names can be set up']};
  if (facts.system === 'darwin') return {kind: 'macos', notes: []};
  if (isResolvedAsked(facts) && facts.init === 'systemd') {
    if ((facts.resolvedVersion ?? 0) >= RESOLVED_WITH_PORTS) return {kind: 'resolved', notes: []};
    const note = `systemd-resolved ${facts.resolvedVersion} cannot ask a server on port ${dnsPort}: only single names can be set up`;
    return {kind: 'hosts', notes: [note]};
  }
  const dnsmasq = findAsked(facts);
  return dnsmasq ? {kind: 'dnsmasq', dnsmasq, notes: []} : {kind: 'hosts', notes: []};
}

/** Its stub listens on these (systemd-resolved.service(8)). */
const RESOLVED_STUBS: readonly string[] = ['127.0.0.53', '127.0.0.54'];

function isResolvedAsked({resolvedVersion, nameservers, sources}: NameFacts): boolean {
  if (resolvedVersion === null) return false;
  const [resolve, dns] = [sources.indexOf('resolve'), sources.indexOf('dns')];
  return nameservers.some(server => RESOLVED_STUBS.includes(server)) || (resolve >= 0 && (dns < 0 || resolve < dns));
}

/** The dnsmasq that is asked first: 127.0.1.1 is where NetworkManager's was on Ubuntu. */
function findAsked({nameservers: [first = ''], dnsmasqs}: NameFacts): Dnsmasq | undefined {
  if (!['127.0.0.1', '::1', '127.0.1.1'].includes(first)) return undefined;
  return (
    dnsmasqs.find(({folders}) => folders.includes(NETWORK_MANAGER_FOLDER)) ??
    dnsmasqs.find(({configFile}) => configFile === DNSMASQ_CONFIG)
  );
}

function changesFor(way: Way, options: WayOptions): readonly Change[] {
  switch (way.kind) {
    case 'macos':
      return [macosChange(options)];
    case 'resolved':
      return [resolvedChange(options)];
    case 'dnsmasq':
      return [dnsmasqChange(way.dnsmasq, options)];
    case 'hosts':
      return [hostsChange(options)];
    case 'none':
      return [];
  }
}
