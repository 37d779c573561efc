import type {Delegation, NameServer} from './delegation.js';
import {type Dnsmasq, readDnsmasqDelegations, readDnsmasqs} from './dnsmasq-config.js';
import {isOwnText, type MachineFiles, machineFiles} from './machine-files.js';
import type {MachineWorld} from './machine-plan.js';
import {type LinkDns, OWN_LINK, readLinkDns} from './resolved.js';

/** Who has which zones on this machine, tako's own settings left out. Changes nothing, and needs no rights. */
export async function readDelegations(world: MachineWorld): Promise<readonly Delegation[]> {
  const files = machineFiles(world);
  if (world.platform === 'darwin') return readResolverFolder(files);
  if (world.platform !== 'linux') return [];
  const [links, dnsmasqs] = await Promise.all([readLinkDns(world, files), readDnsmasqs(files)]);
  return linuxDelegations(files, links, dnsmasqs);
}

export async function linuxDelegations(
  files: MachineFiles,
  links: readonly LinkDns[],
  dnsmasqs: readonly Dnsmasq[],
): Promise<readonly Delegation[]> {
  return [...links.flatMap(delegationsOfLink), ...(await readDnsmasqDelegations(dnsmasqs, files))];
}

function delegationsOfLink({link, domains, servers}: LinkDns): readonly Delegation[] {
  if (link === OWN_LINK) return [];
  const owner = link === undefined ? 'a setting of systemd-resolved' : ownerOfLink(link);
  // `~.` are all names, and no zone.
  const zones = domains.map(domain => domain.replace(/^~/, '')).filter(zone => zone !== '.' && zone !== '');
  return zones.flatMap(zone => servers.map(server => ({zone, owner, server})));
}

const ownerOfLink = (link: string): string => (link.startsWith('lerd') ? 'lerd' : `the network link ${link}`);

const RESOLVER_FOLDER = '/etc/resolver';

/** macOS: a file for each zone (resolver(5)). */
export async function readResolverFolder(files: MachineFiles): Promise<readonly Delegation[]> {
  const zones = await files.names(RESOLVER_FOLDER);
  const found = await Promise.all(
    zones.map(async (zone): Promise<Delegation[]> => {
      const file = `${RESOLVER_FOLDER}/${zone}`;
      const text = (await files.text(file)) ?? '';
      if (isOwnText(text)) return [];
      const server = resolverOf(text);
      return [{zone, owner: await ownerOfResolver(file, server), server}];
    }),
  );
  return found.flat();
}

function resolverOf(text: string): NameServer {
  const value = (key: string): string | undefined => new RegExp(`^\\s*${key}\\s+(\\S+)`, 'm').exec(text)?.[1];
  return {address: value('nameserver') ?? '127.0.0.1', port: Number(value('port') ?? 53)};
}

/** What puma-dev's name server listens on unless told otherwise. */
const PUMA_DEV_PORT = 9253;

/** Valet has dnsmasq on the usual port of this machine. */
const ownerOfResolver = (file: string, {address, port}: NameServer): string =>
  port === PUMA_DEV_PORT
    ? `puma-dev (${file})`
    : address === '127.0.0.1' && port === 53
      ? `Valet or dnsmasq (${file})`
      : file;
