import assert from 'node:assert/strict';
import {randomBytes} from 'node:crypto';
import {copyFileSync, mkdirSync, rmSync} from 'node:fs';
import path from 'node:path';
import {execa} from 'execa';
import {type CommandResult, run} from '../../../src/system/exec.js';
import {type Cgroups, type CgroupVersion, createCgroups, removeCgroups} from './cgroups.js';
import {type Companion, startCompanion} from './companion.js';
import {folderOf, machineId, removeLeftovers} from './leftovers.js';
import {connectSwitch, cutCable, findNetwork, mendCable, type Network, plugIn, unplug} from './network.js';
import {createSshAccess, SECOND_USER} from './ssh-access.js';
import {tool} from './tool.js';

// A Linux server as one rents it, made of namespaces: a real sshd at an address of its own, a file tree, processes and
// groups of its own, nothing of this machine's in sight and no way out.
//
// Two processes hold it. The *disk* has the file tree and the switch that the network cable ends in; it stays when the
// power goes. The *machine* is what boots from it: a pid namespace whose first process ends all others with it.
// Both end when their standard input does, so nothing outlives the test, however that ends.

/** What a machine of this kind needs here: for `requires` of system-parts. One with systemd needs that too. */
export const VPS_PARTS = ['root', 'sshd', 'ssh', 'ssh-keygen', 'ip', 'unshare', 'nsenter', 'mount namespace'] as const;

type Init = 'script' | 'systemd';

export type VpsOptions = {
  /** Its host name, and what ssh knows it by. Letters, digits and hyphens. */
  readonly name: string;
  /** Whether the second user may become root with sudo, without a password. Without, there is no sudo at all. */
  readonly sudoUser?: boolean;
  /** What its first process is: a script of ours, which a machine without systemd has, if not given. */
  readonly init?: Init;
  /** Size of its disk. What is full says so: ENOSPC. */
  readonly diskBytes?: number;
};

export type Vps = {
  readonly address: string;
  /** What its end of the cable at our side is called by: an address a program in the machine can reach us at. */
  readonly hostAddress: string;
  /** For `ssh -F`: `name` is root there, `name-deploy` the second user. */
  readonly sshConfig: string;
  readonly host: string;
  /** The second user's name for ssh. */
  readonly userHost: string;
  readonly cgroups: CgroupVersion;
  /** The first process of the machine, as seen from here. Undefined while it is off. */
  readonly pid: number | undefined;
  /** Runs a shell command as root, without ssh; for looking. What should stay running there is started by ssh. */
  run(command: string): Promise<CommandResult>;
  /** The file's bytes; of a machine that is off too. */
  readFile(file: string): Promise<Buffer>;
  /** Sends a signal to a process, by its number inside. Rejects when there is none. */
  kill(pid: number, signal?: NodeJS.Signals): Promise<void>;
  /** From now on nothing reaches it or comes from it; connections stay as they are, without a word. */
  cutNetwork(): Promise<void>;
  restoreNetwork(): Promise<void>;
  /**
   * Every process is gone at once and the other ends of its connections are told nothing. Files are as they were last
   * written, also those that no one has synced: what a disk loses of its own cannot be shown here.
   */
  powerLoss(): Promise<void>;
  /** Starts the machine from its disk, and resolves when sshd listens. */
  boot(): Promise<void>;
  /** Nothing of it is left afterwards. */
  close(): Promise<void>;
};

const DEFAULT_DISK_BYTES = 4 * 1024 ** 3;
const RUN_TIMEOUT_MS = 120_000;
const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Makes a machine and boots it. Needs VPS_PARTS. */
export async function startVps(options: VpsOptions): Promise<Vps> {
  assert.match(options.name, /^[a-z0-9][a-z0-9-]*$/);
  removeLeftovers();
  const random = randomBytes(4).toString('hex');
  const id = machineId(random);
  const folder = folderOf(id);
  const network = await findNetwork();
  const cgroups = createCgroups(id, options.init === 'systemd');
  try {
    for (const name of ['', 'disk', 'root']) mkdirSync(path.join(folder, name), {mode: 0o700});
    const {config} = await createSshAccess(folder, options.name, network.address);
    const disk = await startDisk(folder, options, network, cgroups);
    const vps = createVps({id, folder, name: options.name, network, cgroups, disk, sshConfig: config});
    try {
      await connectSwitch(`tako${random}`, network, disk.pid);
      await vps.boot();
    } catch (error) {
      await vps.close();
      throw error;
    }
    return vps;
  } catch (error) {
    rmSync(folder, {recursive: true, force: true});
    removeCgroups(id);
    throw error;
  }
}

async function startDisk(
  folder: string,
  {name, sudoUser = false, init = 'script', diskBytes = DEFAULT_DISK_BYTES}: VpsOptions,
  {address}: Network,
  {folders}: Cgroups,
): Promise<Companion> {
  const initFile = init === 'systemd' ? 'init-systemd.sh' : 'init.sh';
  copyFileSync(path.join(import.meta.dirname, initFile), path.join(folder, 'init.sh'));
  const script = [path.join(import.meta.dirname, 'disk.sh'), folder, String(diskBytes), name, address];
  const args = ['--mount', '--net', 'sh', ...script, sudoUser ? 'yes' : 'no', init, ...folders];
  const disk = await startCompanion('unshare', args);
  assert.equal(await disk.line(), 'ready');
  return disk;
}

type Parts = {
  readonly id: string;
  readonly folder: string;
  readonly name: string;
  readonly network: Network;
  readonly cgroups: Cgroups;
  readonly disk: Companion;
  readonly sshConfig: string;
};

type Machine = {readonly process: Companion; readonly pid: number};

function createVps(parts: Parts): Vps {
  const {folder, name, network, cgroups, disk, sshConfig} = parts;
  let machine: Machine | undefined;
  let closed: Promise<void> | undefined;

  const running = (): Machine => {
    assert.ok(machine, `${name} is off`);
    return machine;
  };
  const powerOff = async (): Promise<void> => {
    if (!machine) return;
    const {process: companion, pid} = machine;
    machine = undefined;
    await unplug(disk.pid);
    killIfThere(pid);
    await companion.exited;
  };
  return {
    address: network.address,
    hostAddress: network.hostAddress,
    sshConfig,
    host: name,
    userHost: `${name}-${SECOND_USER}`,
    cgroups: cgroups.version,
    get pid() {
      return machine?.pid;
    },
    run: command => run(within(running().pid, command), {timeoutMs: RUN_TIMEOUT_MS}),
    readFile: file => readFrom(machine, parts, file),
    async kill(pid, signal = 'SIGKILL') {
      const {file, args} = within(running().pid, `kill -s ${signal.slice('SIG'.length)} ${pid}`);
      await tool(file, ...args);
    },
    cutNetwork: () => cutCable(disk.pid),
    restoreNetwork: () => mendCable(disk.pid),
    powerLoss: powerOff,
    async boot() {
      assert.ok(!machine, `${name} is on already`);
      machine = await bootMachine(parts);
    },
    close: () =>
      (closed ??= (async () => {
        await powerOff();
        await disk.end();
        rmSync(folder, {recursive: true, force: true});
      })()),
  };
}

async function bootMachine({folder, name, network, cgroups, disk}: Parts): Promise<Machine> {
  const namespaces = ['--pid', '--fork', '--kill-child', '--mount', '--net', '--uts', '--ipc'];
  const script = [path.join(import.meta.dirname, 'boot.sh'), path.join(folder, 'root'), name];
  const setting = [network.address, network.hardwareAddress, ...cgroups.folders, '--', ...cgroups.mounts];
  const command = ['unshare', ...namespaces, 'sh', ...script, ...setting];
  const companion = await startCompanion('nsenter', ['--target', String(disk.pid), '--mount', '--', ...command]);
  try {
    const pid = Number((await companion.line()).replace('pid ', ''));
    await unplug(disk.pid);
    await plugIn(disk.pid, pid);
    companion.say('go');
    assert.equal(await companion.line(), 'up');
    return {process: companion, pid};
  } catch (error) {
    companion.kill();
    await companion.exited;
    throw error;
  }
}

/** A command in all namespaces of the machine, with nothing of this process's environment. */
const within = (pid: number, command: string): {file: string; args: readonly string[]} => ({
  file: 'nsenter',
  args: ['--target', String(pid), '--all', '--', 'env', '-i', PATH, 'HOME=/root', 'sh', '-c', command],
});

async function readFrom(machine: Machine | undefined, {disk, folder}: Parts, file: string): Promise<Buffer> {
  const mounts = ['--target', String(machine?.pid ?? disk.pid), '--mount', '--'];
  const root = machine ? '/' : path.join(folder, 'root');
  const {stdout} = await execa('nsenter', [...mounts, 'chroot', root, 'cat', '--', file], {
    encoding: 'buffer',
    stripFinalNewline: false,
  });
  return Buffer.from(stdout);
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
