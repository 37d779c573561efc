// dnsmasq as it runs here: which files its processes read, and whose names these files speak for.

import path from 'node:path';
import {withoutBlock} from '../../system/changes/change.js';
import type {Delegation, NameServer} from './delegation.js';
import {type MachineFiles, OWN_HEADER} from './machine-files.js';

/** One that runs. */
export type Dnsmasq = {
  readonly configFile: string;
  /** Folders of which it reads every file. */
  readonly folders: readonly string[];
};

/** Where NetworkManager's own dnsmasq finds what others want of it. */
export const NETWORK_MANAGER_FOLDER = '/etc/NetworkManager/dnsmasq.d';
export const DNSMASQ_CONFIG = '/etc/dnsmasq.conf';

/** Those that run, by what their command lines and configuration files say. */
export async function readDnsmasqs(files: MachineFiles): Promise<readonly Dnsmasq[]> {
  const pids = (await files.names('/proc')).filter(name => /^\d+$/.test(name));
  const commands = await Promise.all(
    pids.map(async pid => {
      const name = await files.text(`/proc/${pid}/comm`);
      return name?.trim() === 'dnsmasq' ? await files.text(`/proc/${pid}/cmdline`) : undefined;
    }),
  );
  const words = commands.flatMap(command => (command === undefined ? [] : [command.split('\0').slice(1)]));
  return Promise.all(words.map(async own => dnsmasqOf(own, files)));
}

async function dnsmasqOf(words: readonly string[], files: MachineFiles): Promise<Dnsmasq> {
  const configFile = optionOf(words, '--conf-file', '-C').at(-1) ?? DNSMASQ_CONFIG;
  const lines = (await files.text(configFile))?.split('\n') ?? [];
  const written = lines.flatMap(line => /^\s*conf-dir\s*=\s*(\S+)/.exec(line)?.[1] ?? []);
  // What follows the folder are endings of names to leave out, or to read alone.
  const folders = [...optionOf(words, '--conf-dir', '-7'), ...written].map(text =>
    path.normalize(`${text.split(',')[0]}/`),
  );
  return {configFile, folders: [...new Set(folders.map(folder => folder.slice(0, -1)))]};
}

/** Its values, written as `--long=value`, `--long value`, `-s value` or `-svalue`. */
function optionOf(words: readonly string[], long: string, short: string): readonly string[] {
  return words.flatMap((word, index) => {
    if (word.startsWith(`${long}=`)) return word.slice(long.length + 1);
    if (word === long || word === short) return words[index + 1] ?? [];
    return word.startsWith(short) && !word.startsWith('--') ? word.slice(short.length) : [];
  });
}

/** The zones that somebody's files give to a server, or answer for themselves. */
export async function readDnsmasqDelegations(
  dnsmasqs: readonly Dnsmasq[],
  files: MachineFiles,
): Promise<readonly Delegation[]> {
  const lists = await Promise.all(dnsmasqs.map(one => configFilesOf(one, files)));
  const found = await Promise.all(
    [...new Set(lists.flat())].map(async file => delegationsIn(file, await files.text(file))),
  );
  return found.flat();
}

async function configFilesOf({configFile, folders}: Dnsmasq, files: MachineFiles): Promise<readonly string[]> {
  const inFolders = await Promise.all(
    folders.map(async folder => (await files.names(folder)).map(name => path.join(folder, name))),
  );
  return [configFile, ...inFolders.flat()];
}

function delegationsIn(file: string, text = ''): readonly Delegation[] {
  if (text.startsWith(OWN_HEADER)) return [];
  const owner = /valet/i.test(file) ? 'Valet' : `dnsmasq (${file})`;
  return withoutBlock(text)
    .split('\n')
    .flatMap(line => {
      const [, zones, target] = /^\s*(?:address|server|local)\s*=\s*\/([^\s#]+)\/(\S*)/.exec(line) ?? [];
      const server = line.trim().startsWith('server') && target ? parseServer(target) : undefined;
      return (zones?.split('/') ?? []).flatMap(zone =>
        zone === '' ? [] : {zone: zone.replace(/^\./, ''), owner, ...(server ? {server} : {})},
      );
    });
}

function parseServer(text: string): NameServer {
  const [address = '', port] = text.split('@')[0]?.split('#') ?? [];
  return {address, port: Number(port ?? 53)};
}
