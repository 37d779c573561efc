// Where systemd has the ports, it starts the daemon for who connects. A daemon that is started beside it would have none of
// them, so a command connects too, and waits.

import {closeSync, fstatSync, openSync, readSync, statSync} from 'node:fs';
import {connect, type Socket} from 'node:net';
import {systemClock} from '../system/clock.js';
import {TakoError} from '../system/error.js';
import {run} from '../system/exec.js';
import {describePortOwner} from '../system/port-owner.js';
import type {DaemonFiles} from './daemon-files.js';
import type {Activation} from './machine/port-units.js';

export type WakeOptions = {
  readonly files: DaemonFiles;
  readonly activation: Activation;
  /** Whether the daemon answers on its control socket. */
  readonly answers: () => Promise<boolean>;
  /** How long it may take to begin to answer. */
  readonly timeoutMs: number;
};

/** Before the reason that a daemon gives in its log. */
export const NOT_STARTED = 'did not start: ';

const LOOK_EVERY_MS = 50;

/**
 * Resolves when the daemon answers, or when another one holds its lock. Throws DAEMON_NOT_STARTED with what its log says,
 * or where systemd does not listen; PORT_IN_USE where somebody else does.
 */
export async function wakeDaemon(options: WakeOptions): Promise<'started' | 'locked'> {
  const {files, activation, answers, timeoutMs} = options;
  const from = statSync(files.log, {throwIfNoEntry: false})?.size ?? 0;
  const deadline = systemClock.now() + timeoutMs;
  const socket = await knock(activation);
  try {
    // One that cannot start closes what waits for it.
    while (!socket.destroyed && systemClock.now() < deadline) {
      if (await answers()) return 'started';
      await systemClock.sleep(LOOK_EVERY_MS);
    }
  } finally {
    socket.destroy();
  }
  if (await answers()) return 'started';
  const said = textFrom(files.log, from);
  if (said.includes('[DAEMON_RUNNING]') || !said.includes(NOT_STARTED)) return 'locked';
  throw new TakoError('DAEMON_NOT_STARTED', 'the daemon ended while it started', {
    hint: `its log is ${files.log}`,
    details: said.slice(said.lastIndexOf(NOT_STARTED)).trimEnd().split('\n'),
  });
}

async function knock({port, unit}: Activation): Promise<Socket> {
  const {stdout} = await run({file: 'systemctl', args: ['is-active', unit]});
  if (stdout.trim() !== 'active') throw await notListening(port, unit);
  const socket = connect({host: '127.0.0.1', port});
  // A reset is an end as well; without a reader, the end of the other side would go unseen.
  return socket.on('error', () => undefined).resume();
}

async function notListening(port: number, unit: string): Promise<TakoError> {
  const owner = await describePortOwner(port, 'tcp');
  const hint = `"sudo systemctl restart ${unit}" lets systemd listen again; "tako setup --undo" does without it`;
  return owner === undefined
    ? new TakoError('DAEMON_NOT_STARTED', `systemd is to start the daemon, and does not listen: ${unit}`, {hint})
    : new TakoError('PORT_IN_USE', `port ${port} is in use by ${owner}`, {hint: `stop that program; then ${hint}`});
}

/** What was written to the file since it had that size; all of it, where it was begun anew. */
function textFrom(file: string, from: number): string {
  const fd = openSync(file, 'a+');
  try {
    const {size} = fstatSync(fd);
    const start = size < from ? 0 : from;
    const buffer = Buffer.alloc(size - start);
    return buffer.toString('utf8', 0, readSync(fd, buffer, 0, buffer.length, start));
  } finally {
    closeSync(fd);
  }
}
