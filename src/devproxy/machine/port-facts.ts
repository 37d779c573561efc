// What there is to know of a machine before its ports are opened to a user. Everything is read, as any user may.

import {existsSync} from 'node:fs';
import path from 'node:path';
import {isOneUsersOnly} from '../../system/accounts.js';
import {readTextIfExists} from '../../system/files.js';
import {describePortOwner, findPortOwner} from '../../system/port-owner.js';
import type {MachineWorld} from './machine-plan.js';
import {PORT_NAMES, type PortUnits, readPortUnits, SYSTEMD_MARK, socketUnitOf} from './port-units.js';

export type PortFacts = {
  readonly platform: NodeJS.Platform;
  readonly user: {readonly uid: number; readonly name: string};
  /** The first port that every user may open. */
  readonly unprivilegedFrom: number;
  /** What that was before tako wrote SYSCTL_FILE; undefined where there is no such file. */
  readonly unprivilegedBefore: number | undefined;
  /** Whether that can be changed here: in a container, often not. */
  readonly canChangeSysctl: boolean;
  /** Whether nobody but the user has an account for people here. */
  readonly isOneUsersOnly: boolean;
  readonly hasSystemd: boolean;
  readonly hasNft: boolean;
  /** Its settings are made of a text of its own, and files in /etc are not for others to write. */
  readonly isNixos: boolean;
  readonly hasIpv6: boolean;
  /** Units that are there, whoever's. */
  readonly units: PortUnits | undefined;
  /** Whether systemd listens for each of them. */
  readonly areUnitsActive: boolean;
  /** Whether the rules of REDIRECT_FILE were loaded since the machine was started. */
  readonly isRedirectLoaded: boolean;
  /** Who listens below 1024, where that is in the way of the loopback addresses. */
  readonly listeners: readonly PortListener[];
};

export type PortListener = {
  readonly port: number;
  /** `nginx (pid 812)`, or of whom it is where that cannot be seen. */
  readonly owner: string;
  /** How it was started; empty where that cannot be seen. */
  readonly command: readonly string[];
};

/** Settings of the kernel for each start of the machine. It sorts behind what distributions write. */
export const SYSCTL_FILE = '/etc/sysctl.d/99-tako-ports.conf';
export const PORT_START = 'net.ipv4.ip_unprivileged_port_start';
/** Alpine's own rules read this folder; elsewhere it is included by hand. */
export const REDIRECT_FILE = '/etc/nftables.d/tako-ports.nft';
/** Empties with each start, as the rules do. */
export const REDIRECT_MARK = '/run/tako-ports';

const PROC_START = '/proc/sys/net/ipv4/ip_unprivileged_port_start';
const DEFAULT_START = 1_024;

export async function readPortFacts(world: MachineWorld): Promise<PortFacts> {
  const {platform, user, root = '/'} = world;
  const read = async (file: string): Promise<string> => (await readTextIfExists(path.join(root, file))) ?? '';
  const has = (file: string): boolean => existsSync(path.join(root, file));
  const hasProgram = (name: string): boolean => PROGRAM_FOLDERS.some(folder => has(path.join(folder, name)));
  const units = platform === 'linux' ? readPortUnits(root) : undefined;
  const before = /^# Before, it was (\d+)\.$/m.exec(await read(SYSCTL_FILE))?.[1];
  return {
    platform,
    user: {uid: user.uid, name: user.name},
    unprivilegedFrom: Number((await read(PROC_START)).trim() || DEFAULT_START),
    unprivilegedBefore: has(SYSCTL_FILE) ? Number(before ?? DEFAULT_START) : undefined,
    canChangeSysctl: has(PROC_START) && hasProgram('sysctl') && isWritable(PROC_START, await read('/proc/self/mounts')),
    isOneUsersOnly: isOneUsersOnly(user.name, await read('/etc/passwd')),
    hasSystemd: has(SYSTEMD_MARK),
    hasNft: hasProgram('nft'),
    isNixos: has('/etc/NIXOS'),
    hasIpv6: /^0{31}1 /m.test(await read('/proc/net/if_inet6')),
    units,
    areUnitsActive: units !== undefined && (await areActive(units, world)),
    isRedirectLoaded: has(REDIRECT_MARK),
    listeners: platform === 'linux' ? await readListeners(read) : [],
  };
}

/** Where root's programs are, whoever looks; the last is NixOS's. */
const PROGRAM_FOLDERS = ['/usr/sbin', '/sbin', '/usr/bin', '/bin', '/usr/local/sbin', '/run/current-system/sw/bin'];

/** By the mount that the file is on, the last of the longest: fstab(5) has the columns. */
function isWritable(file: string, mounts: string): boolean {
  const above = mounts
    .split('\n')
    .map(line => line.split(' '))
    .filter(([, point = '']) => point === '/' || file === point || file.startsWith(`${point}/`))
    .sort(([, one = ''], [, other = '']) => one.length - other.length);
  return !above.at(-1)?.[3]?.split(',').includes('ro');
}

async function areActive({ports}: PortUnits, {run}: MachineWorld): Promise<boolean> {
  const units = PORT_NAMES.filter(name => ports[name] !== undefined).map(socketUnitOf);
  const {stdout} = await run({file: 'systemctl', args: ['is-active', ...units]}).catch(() => ({stdout: ''}));
  return stdout.split('\n').filter(line => line === 'active').length === units.length;
}

type Read = (file: string) => Promise<string>;

async function readListeners(read: Read): Promise<PortListener[]> {
  const tables = await Promise.all(['/proc/net/tcp', '/proc/net/tcp6'].map(read));
  const ports = [...new Set(tables.flatMap(portsInTheWay))];
  return Promise.all(
    ports.map(async port => {
      const owner = (await describePortOwner(port, 'tcp')) ?? 'another program';
      const pid = (await findPortOwner(port, 'tcp'))?.pid;
      const command = pid === undefined ? [] : (await read(`/proc/${pid}/cmdline`)).split('\0').slice(0, -1);
      return {port, owner, command};
    }),
  );
}

/** 127.0.0.1, ::1, and all addresses of either family; `::` takes IPv4 along. */
const IN_THE_WAY = ['0100007F', '00000000', `${'0'.repeat(24)}01000000`, '0'.repeat(32)];

/** proc_net_tcp(5): sl local_address rem_address st. State 0A listens. */
function portsInTheWay(table: string): number[] {
  return table.split('\n').flatMap(line => {
    const [, local = '', , state] = line.trim().split(/\s+/);
    const [address = '', hexadecimal = ''] = local.split(':');
    const port = Number.parseInt(hexadecimal, 16);
    return state === '0A' && IN_THE_WAY.includes(address) && port < DEFAULT_START ? [port] : [];
  });
}
