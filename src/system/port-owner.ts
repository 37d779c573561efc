import {readdir, readFile, readlink} from 'node:fs/promises';
import {accountOf} from './accounts.js';
import {run} from './exec.js';
import {processName} from './processes.js';

export type PortOwner = {readonly pid: number; readonly name: string};

export type Transport = 'tcp' | 'udp';

/** Who listens on a local port, where this user may see it. Never throws: it only makes an error message better. */
export async function findPortOwner(port: number, transport: Transport): Promise<PortOwner | undefined> {
  try {
    return process.platform === 'linux' ? await findByProc(port, transport) : await findByLsof(port, transport);
  } catch {
    return undefined;
  }
}

/** `node (pid 4711)`; `a program of root` where only that can be seen; undefined when nobody could be found. */
export async function describePortOwner(port: number, transport: Transport): Promise<string | undefined> {
  const owner = await findPortOwner(port, transport);
  if (owner) return `${owner.name} (pid ${owner.pid})`;
  const account = await findPortAccount(port, transport);
  return account && `a program of ${account}`;
}

/** Whose the socket is: every user may see that, though not the process. Linux alone tells. */
async function findPortAccount(port: number, transport: Transport): Promise<string | undefined> {
  const [socket] = await listeningOn(port, transport);
  return socket && accountOf(socket.uid, await readQuietly('/etc/passwd'));
}

async function findByProc(port: number, transport: Transport): Promise<PortOwner | undefined> {
  const links = new Set((await listeningOn(port, transport)).map(({link}) => link));
  if (links.size === 0) return undefined;
  for (const pid of (await readdir('/proc')).filter(entry => /^\d+$/.test(entry))) {
    if (await holdsSocket(pid, links)) return {pid: Number(pid), name: (await processName(Number(pid))) ?? 'unknown'};
  }
  return undefined;
}

/** `link` is what a descriptor of the socket leads to in /proc. */
type ListeningSocket = {readonly link: string; readonly uid: number};

/** The kernel gives its table in parts: a socket can be missed in it where others come and go meanwhile. */
async function listeningOn(port: number, transport: Transport): Promise<ListeningSocket[]> {
  const found = await lookFor(port, transport);
  return found.length > 0 ? found : lookFor(port, transport);
}

async function lookFor(port: number, transport: Transport): Promise<ListeningSocket[]> {
  const tables = await Promise.all([`/proc/net/${transport}`, `/proc/net/${transport}6`].map(readQuietly));
  return tables.flatMap(table => listeningSockets(table, port, transport));
}

/** The tables' columns are described in proc(5): local address, state (0A listening, 07 unconnected UDP), uid, inode. */
function listeningSockets(table: string, port: number, transport: Transport): ListeningSocket[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const state = transport === 'tcp' ? '0A' : '07';
  return table
    .split('\n')
    .map(line => line.trim().split(/\s+/))
    .filter(columns => columns[1]?.endsWith(suffix) && columns[3] === state)
    .map(columns => ({link: `socket:[${columns[9]}]`, uid: Number(columns[7])}));
}

async function holdsSocket(pid: string, sockets: ReadonlySet<string>): Promise<boolean> {
  const folder = `/proc/${pid}/fd`;
  const descriptors = await readdir(folder).catch(() => []);
  const links = await Promise.all(descriptors.map(descriptor => readlink(`${folder}/${descriptor}`).catch(() => '')));
  return links.some(link => sockets.has(link));
}

const readQuietly = (file: string): Promise<string> => readFile(file, 'utf8').catch(() => '');

async function findByLsof(port: number, transport: Transport): Promise<PortOwner | undefined> {
  const selection = transport === 'tcp' ? [`-iTCP:${port}`, '-sTCP:LISTEN'] : [`-iUDP:${port}`];
  const {stdout} = await run({file: 'lsof', args: ['-nP', ...selection, '-Fpc']}, {timeoutMs: 5_000});
  const pid = /^p(\d+)$/m.exec(stdout)?.[1];
  return pid === undefined ? undefined : {pid: Number(pid), name: /^c(.+)$/m.exec(stdout)?.[1] ?? 'unknown'};
}
