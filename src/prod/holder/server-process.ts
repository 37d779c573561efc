import {spawn} from 'node:child_process';
import {once} from 'node:events';
import type {Duplex} from 'node:stream';
import {readJsonLines, writeJsonLine} from '../../control/json-lines.js';
import type {Exit} from '../../supervisor/instance.js';
import {readLines} from '../../supervisor/output.js';
import {within} from '../../supervisor/race.js';
import type {Clock} from '../../system/clock.js';
import type {Link} from './held-app.js';
import type {User} from './isolation.js';
import type {ListeningSocket} from './listening-sockets.js';
import {CHANNEL_FD, parseServerMessage, type ServerMessage, type SocketFacts} from './protocol.js';

/** How the server process is started. */
export type ServerCommand = {
  readonly command: readonly [string, ...string[]];
  readonly directory: string;
  readonly environment: Readonly<NodeJS.ProcessEnv>;
  /** As whom it runs. Undefined: as the holder, which is not root then. */
  readonly user: User | undefined;
};

export type ServerProcess = Link & {
  readonly pid: number;
  /** The sockets, with the descriptors that they have there. */
  readonly sockets: readonly SocketFacts[];
  /** Its end. What it wrote has been read then. */
  readonly exited: Promise<Exit>;
  /** The last lines of its standard error. */
  lastLines(): readonly string[];
  kill(signal: 'SIGTERM' | 'SIGKILL'): void;
};

const KEPT_LINES = 20;

/** What was written before the end is read in far less. */
const OUTPUT_WAIT_MS = 250;

/**
 * Starts a server process that has the sockets. It is killed when it says what is no message, or closes the channel, as
 * nothing it does could be known of then. Rejects when there is no process.
 */
export async function startServerProcess(
  {command: [file, ...args], directory, environment, user}: ServerCommand,
  sockets: readonly ListeningSocket[],
  onMessage: (message: ServerMessage) => void,
  clock: Clock,
): Promise<ServerProcess> {
  const child = spawn(file, args, {
    cwd: directory,
    env: {...environment},
    stdio: ['ignore', 'inherit', 'pipe', 'pipe', ...sockets.map(({fd}) => fd)],
    // A signal to our own group, as from a terminal, is ours to pass on.
    detached: true,
    ...(user ? {uid: user.uid, gid: user.gid} : {}),
  });
  const {pid} = child;
  if (pid === undefined) throw (await once(child, 'error'))[0];
  child.on('error', () => {});
  const kill = (signal: 'SIGTERM' | 'SIGKILL'): void => void child.kill(signal);
  const channel = child.stdio[CHANNEL_FD] as Duplex;
  channel.on('error', () => {});
  channel.once('close', () => kill('SIGKILL'));
  readJsonLines(channel, message => {
    const parsed = parseServerMessage(message);
    if (parsed === undefined) channel.destroy();
    else onMessage(parsed);
    // Who asks and does not read the answers is not read either.
    if (channel.writableNeedDrain) channel.pause();
  });
  channel.on('drain', () => channel.resume());

  const lines: string[] = [];
  const saidAll = child.stderr
    ? readLines(child.stderr, line => {
        process.stderr.write(`${line}\n`);
        lines.push(line);
        if (lines.length > KEPT_LINES) lines.shift();
      })
    : Promise.resolve();
  const exited = once(child, 'exit').then(async ([code, signal]): Promise<Exit> => {
    // A process that it has started may hold it open for ever.
    await within(OUTPUT_WAIT_MS, clock, () => saidAll);
    return {code, signal};
  });
  return {
    pid,
    get isGone() {
      return child.exitCode !== null || child.signalCode !== null;
    },
    sockets: sockets.map(({name, host, port}, index) => ({name, host, port, fd: CHANNEL_FD + 1 + index})),
    exited,
    lastLines: () => lines,
    kill,
    send: message => void writeJsonLine(channel, message),
    drained: async () => {
      if (!channel.writable || !channel.writableNeedDrain) return;
      const over = new AbortController();
      const {signal} = over;
      await Promise.race([once(channel, 'drain', {signal}), once(channel, 'close', {signal})]).catch(() => {});
      over.abort();
    },
  };
}
