import {type ChildProcess, spawnSync} from 'node:child_process';
import {setTimeout as delay} from 'node:timers/promises';
import type {Random} from '../random.js';
import type {Vps} from './vps.js';

// What may happen to a server and to who talks to it: kill -9 of one of its processes, or no power any more.

export const FAULTS = ['server', 'app', 'holder', 'cli', 'ssh', 'sshd', 'power'] as const;
export type Fault = (typeof FAULTS)[number];

/** Users that apps run as. */
const APP_USER = /^tako-[0-9a-f]{12}$/;
/** How long the server is off at most. */
const LONGEST_OFF_MS = 500;

/** Lets it happen, to a process chosen at random among those it can happen to; where there is none, nothing happens. */
export async function strike(fault: Fault, vps: Vps, command: ChildProcess, random: Random): Promise<void> {
  if (fault === 'power') {
    await vps.powerLoss();
    await delay(random.below(LONGEST_OFF_MS));
    return vps.boot();
  }
  if (fault === 'cli') return void command.kill('SIGKILL');
  if (fault === 'ssh') return killOne(sshOf(command), random, pid => process.kill(pid, 'SIGKILL'));
  const pids = (await processesOf(vps)).filter(IS_VICTIM[fault]).map(({pid}) => pid);
  return killOne(pids, random, pid => vps.kill(pid));
}

type Process = {readonly pid: number; readonly user: string; readonly words: string};

const IS_VICTIM: Readonly<Record<'server' | 'app' | 'holder' | 'sshd', (process: Process) => boolean>> = {
  server: ({words}) => words.endsWith('server.mjs serve'),
  app: ({user}) => APP_USER.test(user),
  holder: ({words}) => words.endsWith('server.mjs hold'),
  // One per login; the one that listens stays.
  sshd: ({words}) => /^sshd(-session)?: root@/.test(words),
};

async function killOne(pids: readonly number[], random: Random, kill: (pid: number) => unknown): Promise<void> {
  const pid = pids[random.below(Math.max(1, pids.length))];
  if (pid === undefined) return;
  try {
    await kill(pid);
  } catch {
    // It has ended by itself meanwhile.
  }
}

async function processesOf(vps: Vps): Promise<readonly Process[]> {
  const {stdout} = await vps.run('ps -eo pid=,user:32=,args=');
  return stdout.split('\n').flatMap(line => {
    const [, pid, user, words] = /^\s*(\d+)\s+(\S+)\s+(.*?)\s*$/.exec(line) ?? [];
    return words === undefined ? [] : [{pid: Number(pid), user: user ?? '', words}];
  });
}

/** The command's own ssh processes: the one that has logged in, and those that go through it. */
const sshOf = ({pid}: ChildProcess): readonly number[] =>
  spawnSync('ps', ['-o', 'pid=', '--ppid', String(pid)], {encoding: 'utf8'})
    .stdout.split('\n')
    .map(Number)
    .filter(child => child > 0);
