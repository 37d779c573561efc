// How a command finds the daemon: connect to the one that runs, or start it; replace one of an older version.

import {type ChildProcess, spawn} from 'node:child_process';
import {closeSync, openSync, renameSync, statSync} from 'node:fs';
import {type ControlClient, connectControl} from '../control/client.js';
import type {Problem} from '../control/events.js';
import {type DaemonInfo, fromProblem, PROTOCOL} from '../control/protocol.js';
import {systemClock} from '../system/clock.js';
import {errorCode, TakoError} from '../system/error.js';
import {ensureFolder, PRIVATE_FILE} from '../system/files.js';
import {isRunning, processIdentity} from '../system/processes.js';
import {compareVersions} from '../system/version.js';
import type {DaemonFiles} from './daemon-files.js';
import type {Activation} from './machine/port-units.js';
import {wakeDaemon} from './wake-daemon.js';

export type DaemonConnection = {readonly client: ControlClient; readonly info: DaemonInfo};

export type EnsureDaemonOptions = {
  readonly files: DaemonFiles;
  readonly version: string;
  /** The program and arguments that run the daemon in the foreground. */
  readonly command: readonly [string, ...string[]];
  readonly environment: NodeJS.ProcessEnv;
  /** What starts the daemon instead of this process, where systemd has its ports. */
  readonly activation?: Activation | undefined;
};

/** What the daemon process tells its parent once. */
export type DaemonReport = {readonly type: 'ready'} | {readonly type: 'failed'; readonly problem: Problem};

/** A predecessor may take its apps' grace periods to end; what takes longer than this hangs. */
const START_TIMEOUT_MS = 60_000;
/** The daemon answers at once, also when it is busy. */
const HELLO_TIMEOUT_MS = 5_000;
const RETRY_DELAY_MS = 50;
/** From the last closed socket to the end of the process. */
const EXIT_TIMEOUT_MS = 5_000;
/** Another daemon holds the lock and does not listen yet, or no more. */
const LOCKED_DELAY_MS = 500;
/** The log of the run before is kept beside it once it has grown to this. */
const MAX_LOG_BYTES = 5 * 1024 * 1024;

/** Connects to the running daemon; undefined when there is none. */
export async function findDaemon(files: DaemonFiles, version: string): Promise<DaemonConnection | undefined> {
  let client: ControlClient | undefined;
  try {
    client = await connectControl(files.socket);
    return {client, info: await client.call('hello', {version, protocol: PROTOCOL}, {timeoutMs: HELLO_TIMEOUT_MS})};
  } catch (error) {
    client?.close();
    if (['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'DAEMON_LOST'].includes(errorCode(error) ?? '')) return undefined;
    throw error;
  }
}

/** Connects, starting the daemon if need be. An older one is replaced and keeps its registrations. */
export async function ensureDaemon(options: EnsureDaemonOptions): Promise<DaemonConnection> {
  const {files, version, activation} = options;
  const deadline = systemClock.now() + START_TIMEOUT_MS;
  let ended: DaemonInfo | undefined;
  while (systemClock.now() < deadline) {
    const found = await findDaemon(files, version);
    if (found && isCurrent(found, version)) return found;
    if (found && ended && activation) throw startsOlder(found, version, activation);
    if (found) await endDaemon(found);
    ended = found?.info ?? ended;
    const outcome = found ? 'ended' : await start(options);
    await systemClock.sleep(outcome === 'locked' ? LOCKED_DELAY_MS : RETRY_DELAY_MS);
  }
  throw new TakoError('DAEMON_NOT_STARTED', `the daemon did not answer within ${START_TIMEOUT_MS / 1000} s`, {
    hint: `its log is ${files.log}`,
  });
}

function start(options: EnsureDaemonOptions): Promise<'started' | 'locked'> {
  const {files, version, activation} = options;
  if (activation === undefined) return startDaemonProcess(options);
  const answers = async (): Promise<boolean> => {
    const found = await findDaemon(files, version);
    found?.client.close();
    return found !== undefined;
  };
  return wakeDaemon({files, activation, answers, timeoutMs: START_TIMEOUT_MS});
}

/** Another tako was installed since the units were written. */
function startsOlder({client, info}: DaemonConnection, version: string, {unit}: Activation): TakoError {
  client.close();
  const message = `${unit} starts the daemon of tako ${info.version}, this command is ${version}`;
  return new TakoError('DAEMON_NOT_STARTED', message, {
    hint: 'run "tako setup" with this tako: it writes the unit anew',
  });
}

/** Asks the daemon to end and waits until it has. Registrations stay. */
export async function endDaemon({client, info}: DaemonConnection): Promise<void> {
  await client.call('shutdown', {}).catch(() => undefined);
  await client.closed;
  // It lets go of its sockets a moment before it is gone, and writes its compile cache in between.
  const deadline = systemClock.now() + EXIT_TIMEOUT_MS;
  while ((await isAlive(info.pid)) && systemClock.now() < deadline) await systemClock.sleep(RETRY_DELAY_MS);
}

const isAlive = async (pid: number): Promise<boolean> => {
  const found = await processIdentity(pid);
  return found !== undefined && isRunning(found);
};

/** Whether to work with the running daemon. Throws DAEMON_NEWER when only a newer tako can. */
function isCurrent({client, info}: DaemonConnection, version: string): boolean {
  if (compareVersions(info.version, version) < 0) return false;
  if (info.protocol === PROTOCOL) return true;
  client.close();
  throw new TakoError('DAEMON_NEWER', `the daemon is tako ${info.version}, this command is ${version}`, {
    hint: 'run the newer tako, or end the daemon with its "tako dev stop --all"',
  });
}

async function startDaemonProcess(options: EnsureDaemonOptions): Promise<'started' | 'locked'> {
  const {
    files,
    command: [file, ...args],
    environment,
  } = options;
  await ensureFolder(files.data);
  const log = openDaemonLog(files.log);
  const child = spawn(file, args, {
    cwd: '/',
    env: environment,
    detached: true,
    stdio: ['ignore', log, log, 'ipc'],
  });
  closeSync(log);
  const report = await reportOf(child);
  if (child.connected) child.disconnect();
  child.unref();
  if (!report) {
    throw new TakoError('DAEMON_NOT_STARTED', 'the daemon ended while it started', {hint: `its log is ${files.log}`});
  }
  if (report.type === 'ready') return 'started';
  // Another command was faster: its daemon will answer.
  if (report.problem.code === 'DAEMON_RUNNING') return 'locked';
  throw fromProblem(report.problem);
}

/** Of a failed start only once the process has ended, so that nothing of it is left when the user is told. */
function reportOf(child: ChildProcess): Promise<DaemonReport | undefined> {
  return new Promise((resolve, reject) => {
    let report: DaemonReport | undefined;
    child.once('message', message => {
      report = message as DaemonReport;
      if (report.type === 'ready') resolve(report);
    });
    child.once('exit', () => resolve(report));
    child.once('error', reject);
  });
}

/** For the daemon's output, behind what was said before. */
export function openDaemonLog(file: string): number {
  if ((statSync(file, {throwIfNoEntry: false})?.size ?? 0) > MAX_LOG_BYTES) renameSync(file, `${file}.1`);
  return openSync(file, 'a', PRIVATE_FILE);
}
