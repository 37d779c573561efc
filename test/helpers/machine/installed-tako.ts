import {chownSync, readFileSync, realpathSync} from 'node:fs';
import {hostname} from 'node:os';
import path from 'node:path';
import type {Machine, RunOptions} from './machine.js';

// The command at a place that every user of a machine can read, whoever's folder it was built in.

const REPOSITORY = path.resolve(import.meta.dirname, '../../..');
const PARTS = ['dist', 'templates', 'node_modules', 'package.json'];
/** As machine.ts has it. */
const USER_ID = 54_321;

/** What lets the user become root without a password. */
export const SUDOERS = 'root ALL=(ALL:ALL) ALL\ndev ALL=(ALL:ALL) NOPASSWD: ALL\n';

/**
 * What /etc has of accounts on a machine that is this user's alone, who may become root without a password; `others` are
 * more people.
 */
export function accountsOf(...others: readonly string[]): Readonly<Record<string, string>> {
  const system = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .filter(line => Number(line.split(':')[2]) < 1_000);
  const people = others.map((name, index) => `${name}:x:${1_000 + index}:1000::/home/${name}:/bin/bash`);
  return {
    passwd: [...system, `dev:x:${USER_ID}:${USER_ID}::/:/bin/sh`, ...people, ''].join('\n'),
    // For sudo, whose rules of PAM look whether the account may be used.
    shadow: ['root', 'dev'].map(name => `${name}:*:19000:0:99999:7:::\n`).join(''),
    sudoers: SUDOERS,
    // Java's store, which it writes anew each time and differently; these machines have no Java.
    'ca-certificates/update.d/jks-keystore': '',
    hosts: `127.0.0.1 localhost ${hostname()}\n::1 localhost\n`,
  };
}

/** Installs tako for all, as `tako`, and gives the user a home that is theirs. */
export async function installTako(machine: Machine): Promise<void> {
  const {folder, must, program} = machine;
  await must('mount', '-t', 'tmpfs', '-o', 'mode=755', 'tmpfs', '/opt');
  await must('mkdir', '/opt/tako');
  for (const part of PARTS) {
    await must(part.includes('.') ? 'touch' : 'mkdir', `/opt/tako/${part}`);
    await must('mount', '--bind', realpathSync(path.join(REPOSITORY, part)), `/opt/tako/${part}`);
  }
  await must('touch', '/opt/tako/node');
  await must('mount', '--bind', realpathSync(process.execPath), '/opt/tako/node');
  program('node', 'exec /opt/tako/node "$@"');
  program('tako', 'exec /opt/tako/node --disable-warning=ExperimentalWarning /opt/tako/dist/cli.js "$@"');
  chownSync(path.join(folder, 'dev'), USER_ID, USER_ID);
}

/** A project of the user's. */
export function projectOf(machine: Machine, name: string): string {
  const folder = machine.project(name);
  chownSync(folder, USER_ID, USER_ID);
  return folder;
}

export const asUser = (cwd?: string): RunOptions => ({as: 'dev', ...(cwd === undefined ? {} : {cwd})});
