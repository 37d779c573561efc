// The user's servers: servers.toml in the config folder, which people may edit; what `tako servers` writes is the whole
// file, in its own order.

import path from 'node:path';
import type {z} from 'zod';
import {type Parsed, parseDocument} from '../../config/document.js';
import {field, listOf, oneOf, table, text, wholeNumber} from '../../config/field.js';
import {type Finding, invalidFile} from '../../config/problem.js';
import {isTable, type TomlTable} from '../../config/toml.js';
import {freeName} from '../../config/value.js';
import type {Platform} from '../../control/server-methods.js';
import {TakoError} from '../../system/error.js';
import {ensureFolder, PRIVATE_FILE, readTextIfExists, writeFileAtomic} from '../../system/files.js';
import {type Lock, tryLock} from '../../system/lock.js';
import {nearest} from '../../system/suggestion.js';
import {hostText, isServerName, userText} from './server-address.js';
import type {SshTarget} from './ssh-target.js';

/** A server as this user reaches it. */
export type ServerEntry = SshTarget & {
  /** Unique among the user's servers. */
  readonly name: string;
  /** The folder of the installation there, absolute. */
  readonly root: string;
  readonly platform: Platform;
};

export const SERVERS_FILE = 'servers.toml';

const PLATFORMS = ['linux-x64', 'linux-arm64', 'linux-x64-musl', 'linux-arm64-musl'] as const;
export type PlatformName = (typeof PLATFORMS)[number];

const serverToml = table({
  name: field(freeName.expected, input => (typeof input === 'string' && isServerName(input) ? input : undefined)),
  host: field('a host name, an address or a Host of the ssh configuration', hostText),
  user: field('a user name', userText).optional(),
  port: wholeNumber(1, 65_535).optional(),
  ssh_key: text('a file', isPlain).optional(),
  ssh_options: listOf(text('an option of ssh', isPlain), 'an array of options of ssh').optional(),
  root: text('an absolute path', value => value.startsWith('/') && isPlain(value)),
  platform: oneOf(...PLATFORMS),
});

const serversToml = table({servers: listOf(serverToml, 'tables [[servers]]').optional()}) satisfies z.ZodType;

/** Control characters belong into no file's and no host's name. */
function isPlain(value: string): boolean {
  return value !== '' && !/[\x00-\x1f\x7f]/.test(value);
}

/** Reads the text of servers.toml; `file` is the name shown in problems. */
export function parseServers(text: string, file: string): Parsed<readonly ServerEntry[]> {
  const parsed = parseDocument(text, file, serversToml, {problems: findSameNames, warnings: () => []});
  return parsed.ok ? {...parsed, value: (parsed.value.servers ?? []).map(toEntry)} : parsed;
}

function toEntry(server: z.output<typeof serverToml>): ServerEntry {
  const {name, host, user, port, ssh_key, ssh_options = [], root, platform} = server;
  return {
    ...{name, host, user, port, root},
    sshKey: ssh_key,
    sshOptions: ssh_options,
    platform: parsePlatform(platform),
  };
}

/** Each name after its first. */
function findSameNames(document: TomlTable): readonly Finding[] {
  const servers = Array.isArray(document.servers) ? document.servers : [];
  const names = servers.map(server => (isTable(server) ? server.name : undefined));
  return names.flatMap((name, index) =>
    typeof name === 'string' && names.indexOf(name) < index
      ? [{path: ['servers', index, 'name'], message: `there are two servers of the name ${JSON.stringify(name)}`}]
      : [],
  );
}

export function parsePlatform(name: PlatformName): Platform {
  const [os, cpu, libc = 'glibc'] = name.split('-') as ['linux', Platform['cpu'], 'musl'?];
  return {os, cpu, libc};
}

export const platformName = ({os, cpu, libc}: Platform): PlatformName =>
  `${os}-${cpu}${libc === 'musl' ? '-musl' : ''}`;

/** The file's text for these servers. */
export const renderServers = (servers: readonly ServerEntry[]): string =>
  [HEAD, ...servers.map(renderServer)].join('\n');

const HEAD = '# Written by "tako servers"; comments are not kept.\n';

function renderServer({name, host, user, port, sshKey, sshOptions, root, platform}: ServerEntry): string {
  const keys = {
    ...{name, host, user, port, ssh_key: sshKey, ssh_options: sshOptions.length > 0 ? sshOptions : undefined},
    ...{root, platform: platformName(platform)},
  };
  // A TOML string without control characters is written as JSON writes it.
  const lines = Object.entries(keys).flatMap(([key, value]) =>
    value === undefined ? [] : [`${key} = ${JSON.stringify(value)}\n`],
  );
  return `[[servers]]\n${lines.join('')}`;
}

export type ServerList = {
  /** In the file's order; no file is as an empty one. Throws CONFIG_INVALID. */
  load(): Promise<readonly ServerEntry[]>;
  /** The server of that name. Throws SERVER_UNKNOWN. */
  find(name: string): Promise<ServerEntry>;
  /** Adds a server, or puts it in the place of the one of its name. */
  put(entry: ServerEntry): Promise<void>;
  remove(name: string): Promise<void>;
};

/** The servers in the user's config folder. */
export function openServerList(configFolder: string): ServerList {
  const file = path.join(configFolder, SERVERS_FILE);
  const load = async (): Promise<readonly ServerEntry[]> => {
    const parsed = parseServers((await readTextIfExists(file)) ?? '', SERVERS_FILE);
    if (!parsed.ok) throw invalidFile(file, parsed.problems);
    return parsed.value;
  };
  const change = async (edit: (servers: readonly ServerEntry[]) => readonly ServerEntry[]): Promise<void> => {
    await ensureFolder(configFolder);
    const lock = await waitForLock(`${file}.lock`);
    try {
      await writeFileAtomic(file, renderServers(edit(await load())), PRIVATE_FILE);
    } finally {
      lock.release();
    }
  };
  return {
    load,
    find: async name => findServer(await load(), name),
    put: entry => change(servers => withServer(servers, entry)),
    remove: name => change(servers => servers.filter(server => server.name !== name)),
  };
}

function findServer(servers: readonly ServerEntry[], name: string): ServerEntry {
  const found = servers.find(server => server.name === name);
  if (found) return found;
  const names = servers.map(server => server.name);
  const near = nearest(name, names);
  throw new TakoError('SERVER_UNKNOWN', `there is no server of the name ${JSON.stringify(name)}`, {
    hint:
      near === undefined
        ? `${names.length > 0 ? `there are: ${names.join(', ')}; ` : ''}"tako servers add user@host" adds one`
        : `did you mean "${near}"?`,
  });
}

const withServer = (servers: readonly ServerEntry[], entry: ServerEntry): readonly ServerEntry[] =>
  servers.some(({name}) => name === entry.name)
    ? servers.map(server => (server.name === entry.name ? entry : server))
    : [...servers, entry];

const LOCK_RETRY_MS = 20;

/** Held for one write of a small file, so there is no end to waiting but that of whoever holds it. */
async function waitForLock(file: string): Promise<Lock> {
  for (;;) {
    const lock = tryLock(file);
    if (lock) return lock;
    await new Promise(resolve => setTimeout(resolve, LOCK_RETRY_MS));
  }
}
