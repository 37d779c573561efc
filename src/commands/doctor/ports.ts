// Who has the ports that tako wants: 443, 80, and that of its name server.

import {readFile} from 'node:fs/promises';
import path from 'node:path';
import type {Settings} from '../../config/settings.js';
import type {DaemonInfo} from '../../control/protocol.js';
import {findPortOwner, type PortOwner, type Transport} from '../../system/port-owner.js';
import {DEFAULT_PORTS} from '../context.js';
import {broken, type Finding, fine, warning} from './finding.js';
import type {DoctorWorld} from './machine-world.js';

export type WantedPort = {
  readonly port: number;
  readonly transport: Transport;
  /** What it is for: `HTTPS`. */
  readonly use: string;
  /** What chooses another one: the key in settings.toml. */
  readonly setting: string;
  /** `free`; or whoever has it, as far as this user may see that. */
  readonly holder: 'free' | 'somebody' | PortOwner;
};

export async function readPorts(settings: Settings, world: DoctorWorld): Promise<readonly WantedPort[]> {
  const wanted = [
    {port: settings.port ?? DEFAULT_PORTS.https, transport: 'tcp', use: 'HTTPS', setting: 'port'},
    {port: settings.httpPort ?? DEFAULT_PORTS.http, transport: 'tcp', use: 'HTTP', setting: 'http_port'},
    {port: settings.dnsPort ?? DEFAULT_PORTS.dns, transport: 'udp', use: 'names', setting: 'dns_port'},
  ] as const;
  const taken = wanted.filter(({port}) => port !== 0);
  return Promise.all(taken.map(async one => ({...one, holder: await findHolder(one.port, one.transport, world)})));
}

async function findHolder(port: number, transport: Transport, world: DoctorWorld): Promise<WantedPort['holder']> {
  return (await findPortOwner(port, transport)) ?? ((await isOpen(port, transport, world)) ? 'somebody' : 'free');
}

/** The tables tell of every user's sockets (proc(5)): state 0A is listening, 07 unconnected UDP. */
async function isOpen(port: number, transport: Transport, {root}: DoctorWorld): Promise<boolean> {
  const open = `:${port.toString(16).toUpperCase().padStart(4, '0')} [\\dA-F]+:0000 ${transport === 'tcp' ? '0A' : '07'} `;
  const tables = [transport, `${transport}6`].map(table =>
    readFile(path.join(root, 'proc/net', table), 'utf8').catch(() => ''),
  );
  return (await Promise.all(tables)).some(table => new RegExp(open).test(table));
}

export type PortContext = {
  /** Undefined: it does not run. */
  readonly daemon: Pick<DaemonInfo, 'pid' | 'https' | 'http'> | undefined;
  readonly platform: NodeJS.Platform;
  /** Whether `tako setup` has had the system open them for the daemon. */
  readonly isSetUp: boolean;
};

export function checkPorts(ports: readonly WantedPort[], context: PortContext): readonly Finding[] {
  const {daemon, platform} = context;
  const taken = ports.filter(({holder}) => isForeign(holder, context));
  const denied = daemon ? [daemon.https, daemon.http].filter(({isDenied}) => isDenied) : [];
  const owners = taken.flatMap(port => describeTaken(port, daemon === undefined));
  const free = ports.filter(({holder}) => holder === 'free');
  return [
    ...(daemon === undefined && taken.length === 0 && free.length > 0 ? [describeFree(free)] : owners),
    ...denied.map(({port}) => describeDenied(port, platform)),
  ];
}

/** Socket units of systemd hold ports for the daemon. */
const HOLDERS_FOR_TAKO = ['systemd', 'init', 'launchd'];

/** What belongs to root, as the system's own services do, has no name for others. */
const isForeign = (holder: WantedPort['holder'], {daemon, isSetUp}: PortContext): boolean =>
  typeof holder === 'object'
    ? holder.pid !== daemon?.pid && !HOLDERS_FOR_TAKO.includes(holder.name)
    : holder === 'somebody' && daemon === undefined && !isSetUp;

/** With a daemon that runs, elsewhere then, it is no more than a reason for that. */
function describeTaken({port, transport, use, setting, holder}: WantedPort, isBroken: boolean): readonly Finding[] {
  const isKnown = typeof holder === 'object';
  const who = isKnown ? `${holder.name} (pid ${holder.pid})` : 'a program of another user';
  const show = `sudo ss -lnp${transport === 'tcp' ? 't' : 'u'} 'sport = :${port}'`;
  const fix = `${isKnown ? `stop ${holder.name}` : `find it with ${show} and stop it`}, or set ${setting} in settings.toml to another port`;
  const observed = `port ${port} (${use}) is in use by ${who}`;
  return [isBroken ? broken('port-owner', observed, fix) : warning('port-owner', observed, fix)];
}

const describeFree = (free: readonly WantedPort[]): Finding =>
  fine('port-owner', `free for tako: ${free.map(({port, use}) => `${port} (${use})`).join(', ')}`);

/** `port` is the one that was taken in place of the standard one. */
export function describeDenied(port: number, platform: NodeJS.Platform): Finding {
  const observed = `this user may not open the standard port; port ${port} is used`;
  return platform === 'linux'
    ? warning('port-denied', observed, 'tako setup')
    : warning(
        'port-denied',
        observed,
        'nothing is to be done when addresses with a port suit you; "tako setup" takes the port away from them',
      );
}
