// Each way to have names found, as the change of the machine that it is.

import type {Change} from '../../system/changes/change.js';
import type {ShellCommand} from '../../system/exec.js';
import {DNSMASQ_CONFIG, type Dnsmasq, NETWORK_MANAGER_FOLDER} from './dnsmasq-config.js';
import {hostsLines} from './hosts-names.js';
import {OWN_HEADER} from './machine-files.js';
import {type NameFacts, OWN_FILES, ownFileIn} from './name-facts.js';
import {NAMES_UNIT, namesUnit, networkdFile, networkManagerFile} from './names-unit.js';

export type WayOptions = {
  readonly facts: NameFacts;
  /** Those whose names are not found yet. */
  readonly zones: readonly string[];
  /** The single names in them. */
  readonly names: readonly string[];
  readonly dnsPort: number;
};

const root = (file: string, ...args: readonly string[]): ShellCommand => ({file, args, elevated: true});
const ownFile = (path: string, lines: readonly string[]) => ({
  path,
  elevated: true,
  content: `${[OWN_HEADER, ...lines].join('\n')}\n`,
});

/** What it found or did not find before is forgotten. */
const MACOS_FORGET = [root('dscacheutil', '-flushcache'), root('killall', '-HUP', 'mDNSResponder')];

export const macosChange = ({zones, dnsPort}: WayOptions): Change => ({
  id: 'names-macos',
  title: `ask tako for ${listOf(zones)}`,
  files: zones.map(zone => ownFile(`/etc/resolver/${zone}`, ['nameserver 127.0.0.1', `port ${dnsPort}`])),
  apply: MACOS_FORGET,
  beforeUndo: [],
  afterUndo: MACOS_FORGET,
});

export function resolvedChange({facts, zones, dnsPort}: WayOptions): Change {
  const reread = [
    root('systemctl', 'daemon-reload'),
    ...(facts.hasNetworkManager ? [root('systemctl', 'reload', 'NetworkManager')] : []),
    ...(facts.hasNetworkd ? [root('networkctl', 'reload')] : []),
  ];
  return {
    id: 'names-resolved',
    title: `ask tako for ${listOf(zones)} (systemd-resolved)`,
    files: [
      ownFile(OWN_FILES.unit, namesUnit(zones, dnsPort)),
      ...(facts.hasNetworkManager ? [ownFile(OWN_FILES.networkManager, networkManagerFile())] : []),
      ...(facts.hasNetworkd ? [ownFile(OWN_FILES.networkd, networkdFile())] : []),
    ],
    apply: [...reread, root('systemctl', 'enable', NAMES_UNIT), root('systemctl', 'restart', NAMES_UNIT)],
    beforeUndo: [root('systemctl', 'disable', '--now', NAMES_UNIT)],
    afterUndo: reread,
  };
}

/** A file of tako's own where its folder is read; else lines in the one file that is. */
export function dnsmasqChange({folders}: Dnsmasq, {facts, zones, dnsPort}: WayOptions): Change {
  const isNetworkManagers = folders.includes(NETWORK_MANAGER_FOLDER);
  const folder = isNetworkManagers ? NETWORK_MANAGER_FOLDER : folders[0];
  const lines = zones.flatMap(zone => [
    `server=/${zone}/127.0.0.1#${dnsPort}`,
    // Where answers that name this machine are dropped (stop-dns-rebind), ours are not.
    `rebind-domain-ok=/${zone}/`,
  ]);
  const restart = isNetworkManagers ? root('nmcli', 'general', 'reload', 'dns-full') : restartService(facts, 'dnsmasq');
  return {
    id: isNetworkManagers ? 'names-networkmanager' : 'names-dnsmasq',
    title: `ask tako for ${listOf(zones)} (${isNetworkManagers ? "NetworkManager's dnsmasq" : 'dnsmasq'})`,
    files: [
      folder === undefined ? {path: DNSMASQ_CONFIG, elevated: true, block: lines} : ownFile(ownFileIn(folder), lines),
    ],
    apply: [restart],
    beforeUndo: [],
    afterUndo: [restart],
  };
}

function restartService({init}: NameFacts, service: string): ShellCommand {
  if (init === 'systemd') return root('systemctl', 'restart', service);
  return init === 'openrc' ? root('rc-service', service, 'restart') : root('service', service, 'restart');
}

export const hostsChange = ({names}: WayOptions): Change => ({
  id: 'names-hosts',
  title: `name ${listOfNames(names)} in ${OWN_FILES.hosts}`,
  files: [{path: OWN_FILES.hosts, elevated: true, block: hostsLines(names)}],
  apply: [],
  beforeUndo: [],
  afterUndo: [],
});

/** Programs of Windows read its own hosts file. It asks for rights by itself, in a window. */
export const windowsChange = (powershell: string, names: readonly string[]): Change => ({
  id: 'names-windows',
  title: `name ${listOfNames(names)} in the hosts file of Windows (a window of Windows asks whether it may)`,
  files: [],
  apply: [elevatedPowershell(powershell, windowsScript(hostsLines(names)))],
  beforeUndo: [],
  afterUndo: [elevatedPowershell(powershell, windowsScript([]))],
});

/** Replaces the block between tako's marks. Only single quotes: double ones do not survive the way to the second shell. */
function windowsScript(lines: readonly string[]): string {
  const block = lines.length === 0 ? [] : ['# tako begin', ...lines, '# tako end'];
  const text = block.map(line => `'${line}'`).join(',');
  return [
    `$f = $env:SystemRoot + '\\System32\\drivers\\etc\\hosts'`,
    `$n = [Environment]::NewLine`,
    `$t = [IO.File]::ReadAllText($f) -replace '(?ms)^# tako begin.*?^# tako end\\r?\\n', ''`,
    ...(block.length === 0 ? [] : [`if (-not $t.EndsWith([char]10)) { $t += $n }`, `$t += (@(${text}) -join $n) + $n`]),
    `[IO.File]::WriteAllText($f, $t)`,
  ].join('; ');
}

const elevatedPowershell = (file: string, script: string): ShellCommand => ({
  file,
  args: [
    '-NoProfile',
    '-Command',
    `$p = Start-Process powershell -Verb RunAs -Wait -PassThru -ArgumentList '-NoProfile','-Command','${script.replaceAll("'", "''")}'; exit $p.ExitCode`,
  ],
});

const listOf = (zones: readonly string[]): string => `names under ${zones.map(zone => `.${zone}`).join(', ')}`;
const listOfNames = (names: readonly string[]): string =>
  names.length > 3 ? `${names.slice(0, 2).join(', ')} and ${names.length - 2} others` : names.join(', ');
