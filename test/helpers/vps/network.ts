import {randomInt} from 'node:crypto';
import {tool} from './tool.js';

// A machine's network: one cable from this system to the switch (a bridge in the disk's network namespace, there as
// long as the machine exists), one from the switch to the machine. Pulling the second is what a cut network is.

export type Network = {
  /** The machine's. */
  readonly address: string;
  /** This system's end of the cable. */
  readonly hostAddress: string;
  /** The same at every boot, so that its neighbours need not learn it again. */
  readonly hardwareAddress: string;
};

/** Finds four addresses in a row in 10.0.0.0/8 that this system knows no way to but the default one. */
export async function findNetwork(): Promise<Network> {
  for (;;) {
    const start = [10, randomInt(256), randomInt(256), randomInt(64) * 4] as const;
    if (await isFree(start.join('.'))) return networkAt(start);
  }
}

function networkAt([a, b, c, d]: readonly [number, number, number, number]): Network {
  const machine = [a, b, c, d + 2];
  return {
    address: machine.join('.'),
    hostAddress: [a, b, c, d + 1].join('.'),
    // 02: locally administered (IEEE 802, section 8.4).
    hardwareAddress: `02:00:${machine.map(part => part.toString(16).padStart(2, '0')).join(':')}`,
  };
}

async function isFree(start: string): Promise<boolean> {
  const around = await tool('ip', '-4', 'route', 'show', 'match', start);
  const within = await tool('ip', '-4', 'route', 'show', 'root', `${start}/30`);
  return `${around}\n${within}`.split('\n').every(route => route === '' || route.startsWith('default'));
}

/** The cable from this system to the switch, which the process has in its network namespace. It goes with the namespace. */
export async function connectSwitch(link: string, {hostAddress}: Network, switchPid: number): Promise<void> {
  await tool('ip', 'link', 'add', link, 'type', 'veth', 'peer', 'name', 'uplink', 'netns', String(switchPid));
  await tool('ip', 'address', 'add', `${hostAddress}/30`, 'dev', link);
  await tool('ip', 'link', 'set', link, 'up');
  await atSwitch(switchPid, 'link', 'set', 'uplink', 'master', 'switch', 'up');
}

/** The cable from the switch to the machine that has just been switched on. */
export async function plugIn(switchPid: number, machinePid: number): Promise<void> {
  await atSwitch(switchPid, 'link', 'add', 'port', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(machinePid));
  await atSwitch(switchPid, 'link', 'set', 'port', 'master', 'switch', 'up');
}

/** Takes the cable away. The kernel does so too, some time after the machine's end. */
export async function unplug(switchPid: number): Promise<void> {
  const links = await atSwitch(switchPid, '-o', 'link', 'show');
  if (/^\d+: port@/m.test(links)) await atSwitch(switchPid, 'link', 'delete', 'port').catch(() => {});
}

/** Nothing passes any more, in either direction, and nobody is told. */
export const cutCable = async (switchPid: number): Promise<void> => {
  await atSwitch(switchPid, 'link', 'set', 'port', 'down');
};

export const mendCable = async (switchPid: number): Promise<void> => {
  await atSwitch(switchPid, 'link', 'set', 'port', 'up');
};

const atSwitch = (pid: number, ...args: string[]): Promise<string> =>
  tool('nsenter', '--target', String(pid), '--net', '--', 'ip', ...args);
