import {existsSync} from 'node:fs';
import {readFile, stat} from 'node:fs/promises';
import path from 'node:path';
import type {LanAddress} from '../../control/events.js';
import type {DaemonInfo} from '../../control/protocol.js';
import {findDaemon} from '../../devproxy/daemon-client.js';
import type {DaemonFiles} from '../../devproxy/daemon-files.js';
import {TakoError} from '../../system/error.js';
import {tryLock} from '../../system/lock.js';
import {compareVersions} from '../../system/version.js';
import {broken, type Finding, fine, warning} from './finding.js';
import type {DoctorWorld} from './machine-world.js';

export type DaemonFacts =
  | {readonly state: 'running'; readonly info: DaemonInfo; readonly lan: readonly LanAddress[]}
  /** It is there, or its socket is, but it cannot be talked to. */
  | {readonly state: 'stuck'; readonly problem: TakoError; readonly pid: number | undefined}
  /** Nobody answers. What a daemon leaves behind that was killed: its socket. */
  | {readonly state: 'absent'; readonly deadSocket: string | undefined; readonly holder: LockHolder | undefined};

/** Who has the lock of the daemon without being one. */
export type LockHolder = {readonly pid: number | undefined};

/** The daemon answers at once, also when it is busy. */
const LIST_TIMEOUT_MS = 3_000;

export async function readDaemon(files: DaemonFiles, version: string, world: DoctorWorld): Promise<DaemonFacts> {
  try {
    const connection = await findDaemon(files, version);
    if (!connection) return await readAbsent(files, world);
    const {client, info} = connection;
    try {
      const {apps} = await client.call('list', {}, {timeoutMs: LIST_TIMEOUT_MS});
      return {state: 'running', info, lan: apps.flatMap(({lan}) => lan ?? [])};
    } finally {
      client.close();
    }
  } catch (problem) {
    if (!(problem instanceof TakoError)) throw problem;
    return {state: 'stuck', problem, pid: (await findHolder(files.lock, world))?.pid};
  }
}

async function readAbsent(files: DaemonFiles, world: DoctorWorld): Promise<DaemonFacts> {
  return {
    state: 'absent',
    deadSocket: existsSync(files.socket) ? files.socket : undefined,
    holder: await findHolder(files.lock, world),
  };
}

/** A lock ends with its process, so one that is held has somebody. It is taken for a moment only: a daemon that starts just then tries again. */
async function findHolder(lock: string, world: DoctorWorld): Promise<LockHolder | undefined> {
  if (!existsSync(lock)) return undefined;
  const own = tryLock(lock);
  own?.release();
  return own ? undefined : {pid: await pidOfLock(lock, world)};
}

/** The fifth column of /proc/locks is who holds it, the sixth ends with the file's inode (proc_locks(5)). */
async function pidOfLock(lock: string, {root}: DoctorWorld): Promise<number | undefined> {
  const [{ino}, locks] = await Promise.all([
    stat(lock),
    readFile(path.join(root, 'proc/locks'), 'utf8').catch(() => ''),
  ]);
  const columns = locks.split('\n').map(line => line.trim().split(/\s+/));
  const pid = Number(columns.find(([, , , , , file]) => file?.endsWith(`:${ino}`))?.[4]);
  return pid > 0 ? pid : undefined;
}

export function checkDaemon(facts: DaemonFacts, version: string): readonly Finding[] {
  switch (facts.state) {
    case 'running':
      return [describeRunning(facts.info), ...checkVersion(facts.info, version)];
    case 'stuck':
      return [describeStuck(facts.problem, facts.pid)];
    case 'absent':
      return [describeAbsent(facts)];
  }
}

const describeRunning = ({version, pid, apps}: DaemonInfo): Finding =>
  fine('daemon', `the daemon runs: tako ${version}, pid ${pid}, ${apps} ${apps === 1 ? 'app' : 'apps'}`);

function checkVersion({version: running}: DaemonInfo, version: string): readonly Finding[] {
  const order = compareVersions(running, version);
  if (order === 0) return [];
  const observed = `the daemon is tako ${running}, this command is ${version}`;
  return order < 0
    ? [warning('daemon-version', observed, 'tako doctor --fix')]
    : [warning('daemon-version', observed, 'use the newer tako, or end the daemon with "tako dev stop --all"')];
}

const describeStuck = ({message, hint}: TakoError, pid: number | undefined): Finding =>
  broken(
    'daemon',
    pid === undefined ? message : `${message} (pid ${pid})`,
    pid === undefined ? (hint ?? null) : `kill -9 ${pid}, then "tako dev" again`,
  );

function describeAbsent({deadSocket, holder}: Extract<DaemonFacts, {state: 'absent'}>): Finding {
  if (holder) {
    const who = holder.pid === undefined ? 'a process' : `pid ${holder.pid}`;
    const fix = holder.pid === undefined ? 'end that process' : `kill ${holder.pid}`;
    return broken('daemon', `no daemon answers, but ${who} holds its lock`, `${fix}, then "tako dev" again`);
  }
  return deadSocket === undefined
    ? fine('daemon', 'the daemon does not run, so names, addresses and clients cannot be tried; "tako dev" starts it')
    : warning('daemon', `nobody answers at ${deadSocket}: the daemon was killed`, 'tako doctor --fix');
}
