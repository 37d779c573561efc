import type {Delegation} from './delegation.js';
import {type Dnsmasq, readDnsmasqs} from './dnsmasq-config.js';
import {isOwnText, type MachineFiles, machineFiles} from './machine-files.js';
import type {MachineWorld} from './machine-plan.js';
import {linuxDelegations, readResolverFolder} from './read-delegations.js';
import {readLinkDns, readResolvedVersion} from './resolved.js';

/** How this machine finds names. */
export type NameFacts = {
  readonly system: 'darwin' | 'linux' | 'other';
  /** What starts services here. */
  readonly init: 'systemd' | 'openrc' | 'other';
  /** Who has which zones, tako left out. */
  readonly delegations: readonly Delegation[];
  /** Whether something that `tako setup` wrote for names is there. */
  readonly hasOwn: boolean;
  /** Whether a name under .test that nobody has is this machine. */
  readonly findsTest: boolean;
  /** Of resolv.conf, in their order. */
  readonly nameservers: readonly string[];
  /** Where the C library looks for hosts, in its order: `files`, `resolve`, `dns`. */
  readonly sources: readonly string[];
  /** The version of systemd-resolved; null where it does not run. */
  readonly resolvedVersion: number | null;
  readonly hasNetworkManager: boolean;
  readonly hasNetworkd: boolean;
  readonly dnsmasqs: readonly Dnsmasq[];
  readonly hosts: string;
  /** The program that reaches Windows from WSL; null on any other machine. */
  readonly powershell: string | null;
};

/** What `tako setup` writes for names, of all ways. */
export const OWN_FILES = {
  unit: '/etc/systemd/system/tako-names.service',
  networkManager: '/etc/NetworkManager/conf.d/tako.conf',
  networkd: '/etc/systemd/network/10-tako.network',
  hosts: '/etc/hosts',
} as const;

/** Reads it. Changes nothing, and needs no rights. */
export async function readNameFacts(world: MachineWorld): Promise<NameFacts> {
  const files = machineFiles(world);
  const system = world.platform === 'darwin' || world.platform === 'linux' ? world.platform : 'other';
  const isLinux = system === 'linux';
  const [links, dnsmasqs] = isLinux ? await Promise.all([readLinkDns(world, files), readDnsmasqs(files)]) : [[], []];
  const delegations = isLinux
    ? await linuxDelegations(files, links, dnsmasqs)
    : system === 'darwin'
      ? await readResolverFolder(files)
      : [];
  return {
    system,
    delegations,
    dnsmasqs,
    init: await readInit(files),
    hasOwn: await hasOwnFile(files, dnsmasqs),
    findsTest: await findsTest(world),
    nameservers: valuesOf(await files.text('/etc/resolv.conf'), /^\s*nameserver\s+(\S+)/),
    sources: sourcesOf(await files.text('/etc/nsswitch.conf')),
    resolvedVersion: isLinux ? ((await readResolvedVersion(world, files)) ?? null) : null,
    hasNetworkManager: await files.exists('/run/NetworkManager'),
    hasNetworkd: await files.exists('/run/systemd/netif/state'),
    hosts: (await files.text(OWN_FILES.hosts)) ?? '',
    powershell: isLinux ? await findPowershell(files) : null,
  };
}

async function readInit(files: MachineFiles): Promise<NameFacts['init']> {
  // sd_booted(3) and OpenRC's own test.
  if (await files.exists('/run/systemd/system')) return 'systemd';
  return (await files.exists('/run/openrc')) ? 'openrc' : 'other';
}

async function hasOwnFile(files: MachineFiles, dnsmasqs: readonly Dnsmasq[]): Promise<boolean> {
  const resolvers = (await files.names('/etc/resolver')).map(zone => `/etc/resolver/${zone}`);
  const ofDnsmasq = dnsmasqs.flatMap(({configFile, folders}) => [configFile, ...folders.map(ownFileIn)]);
  const texts = await Promise.all(
    [...Object.values(OWN_FILES), ...resolvers, ...ofDnsmasq].map(file => files.text(file)),
  );
  return texts.some(text => text !== undefined && isOwnText(text));
}

/** Tako's file in a folder that dnsmasq reads. */
export const ownFileIn = (folder: string): string => `${folder}/tako.conf`;

const valuesOf = (text = '', pattern: RegExp): readonly string[] =>
  text.split('\n').flatMap(line => pattern.exec(line)?.[1] ?? []);

/** Without a file, as in musl, `/etc/hosts` and then the name servers (nsswitch.conf(5) has the same default). */
function sourcesOf(text: string | undefined): readonly string[] {
  const [line] = valuesOf(text, /^\s*hosts:([^#]*)/);
  return (line ?? 'files dns')
    .replace(/\[[^\]]*\]/g, ' ')
    .split(/\s+/)
    .filter(Boolean);
}

/** A name that nobody has: whether it is found says how all of them are. */
const CANARY = 'tako-setup-canary.test';
const LOOKUP_TIMEOUT_MS = 4_000;

async function findsTest({platform, run}: MachineWorld): Promise<boolean> {
  const command =
    platform === 'darwin'
      ? {file: 'dscacheutil', args: ['-q', 'host', '-a', 'name', CANARY]}
      : {file: 'getent', args: ['hosts', CANARY]};
  const {stdout} = await run(command, {timeoutMs: LOOKUP_TIMEOUT_MS}).catch(() => ({stdout: ''}));
  return /(?:^|\s)(?:127\.0\.0\.1|::1)(?:\s|$)/.test(stdout);
}

const POWERSHELL = '/mnt/c/Windows/System32/WindowsPowerShell/v1.0/powershell.exe';

async function findPowershell(files: MachineFiles): Promise<string | null> {
  const isWsl = /microsoft|WSL/i.test((await files.text('/proc/version')) ?? '');
  return isWsl && (await files.exists(POWERSHELL)) ? POWERSHELL : null;
}
