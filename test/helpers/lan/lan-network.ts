import {type ChildProcess, spawn} from 'node:child_process';
import path from 'node:path';
import {createInterface} from 'node:readline';
import {type CommandResult, run} from '../../../src/system/exec.js';
import {tool} from '../vps/tool.js';

// A network of two devices, each a network namespace: the laptop, where tako runs, and a phone.

const PHONE = path.join(import.meta.dirname, 'phone.mjs');

export const LAPTOP_ADDRESS = '192.168.77.2';
export const PHONE_ADDRESS = '192.168.77.3';

/** What has to be there for it, as `requires` wants it. */
export const LAN_PARTS = ['root', 'ip', 'network namespace'] as const;

export type LanNetwork = {
  readonly laptop: Device;
  readonly phone: Device;
  /** Removes both, and ends what runs on the phone. */
  close(): Promise<void>;
};

export type Device = {
  /** `ip` on it. */
  ip(...args: string[]): Promise<string>;
  /** Runs a program on it to its end. */
  run(file: string, ...args: string[]): Promise<CommandResult>;
  /** The command that runs on it. */
  command(file: string, ...args: string[]): readonly [string, ...string[]];
  /** Asks by mDNS for a name; "nothing" when nobody answers. */
  ask(name: string, type?: string): Promise<string>;
  /** Runs a command of phone.mjs until `close`; resolves when it listens. */
  start(...args: string[]): Promise<Listening>;
};

export type Listening = {readonly lines: readonly string[]; close(): void};

/** Connects two new devices. */
export async function createLanNetwork(): Promise<LanNetwork> {
  const [laptop, phone] = ['laptop', 'phone'].map(name => `tako-lan-${process.pid}-${name}`) as [string, string];
  const children = new Set<ChildProcess>();
  for (const name of [laptop, phone]) await tool('ip', 'netns', 'add', name);
  await tool('ip', 'link', 'add', 'eth0', 'netns', laptop, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', phone);
  const devices = {
    laptop: createDevice(laptop, LAPTOP_ADDRESS, children),
    phone: createDevice(phone, PHONE_ADDRESS, children),
  };
  for (const [device, address] of [
    [devices.laptop, LAPTOP_ADDRESS],
    [devices.phone, PHONE_ADDRESS],
  ] as const) {
    await device.ip('address', 'add', `${address}/24`, 'dev', 'eth0');
    for (const link of ['eth0', 'lo']) await device.ip('link', 'set', link, 'up');
  }
  return {
    ...devices,
    async close() {
      for (const child of children) child.kill('SIGKILL');
      for (const name of [laptop, phone]) await tool('ip', 'netns', 'delete', name);
    },
  };
}

function createDevice(namespace: string, address: string, children: Set<ChildProcess>): Device {
  const command: Device['command'] = (...words) => ['ip', 'netns', 'exec', namespace, ...words];
  const mdns = (...args: string[]) => command(process.execPath, PHONE, address, ...args);
  const runAt: Device['run'] = (...words) => {
    const [file, ...args] = command(...words);
    return run({file, args});
  };
  return {
    command,
    run: runAt,
    ip: (...args) => tool('ip', '-n', namespace, ...args),
    async ask(name, type = 'A') {
      const {stdout} = await runAt(process.execPath, PHONE, address, 'ask', name, type);
      return stdout;
    },
    start(...args) {
      const [file, ...words] = mdns(...args);
      const child = spawn(file, words, {stdio: ['ignore', 'pipe', 'inherit']});
      children.add(child);
      const lines: string[] = [];
      return new Promise((resolve, reject) => {
        child.once('exit', () => reject(new Error(`${args.join(' ')} ended`)));
        createInterface({input: child.stdout}).on('line', line => {
          if (line === 'ready') resolve({lines, close: () => void child.kill('SIGKILL')});
          else lines.push(line);
        });
      });
    },
  };
}
