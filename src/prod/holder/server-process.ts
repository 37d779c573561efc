import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {Duplex, type Readable} from 'node:stream';
import {readJsonLines, writeJsonLine} from '../../control/json-lines.js';
import {exitOfInherited} from '../../supervisor/inherited-exit.js';
import type {Exit} from '../../supervisor/instance.js';
import {takeLines} from '../../supervisor/output.js';
import {within} from '../../supervisor/race.js';
import type {Clock} from '../../system/clock.js';
import {descriptorOf} from '../../system/descriptors.js';
import {errorCode} from '../../system/error.js';
import type {ServerProcessState} from './handover-table.js';
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
  /** The sockets, with the descriptors that they have there. */
  readonly sockets: readonly SocketFacts[];
  /** Its end. What it wrote has been read then. */
  readonly exited: Promise<Exit>;
  /** The last lines of its standard error. */
  lastLines(): readonly string[];
  kill(signal: 'SIGTERM' | 'SIGKILL'): void;
};

/** A server process that can be left to the holder that follows. */
export type HeldServer = ServerProcess & {
  /** Everything it was sent is on its way. */
  readonly isFlushed: boolean;
  /** What it says waits from here on, until `resume`. */
  hold(): void;
  /** Our ends of its pipes, by name. */
  descriptors(): ReadonlyMap<string, number>;
  /** Reads nothing more of it from this moment on. To be held before. */
  suspend(): SuspendedServer;
  resume(): void;
  /** As if it had just said that. */
  take(message: unknown): void;
};

export type SuspendedServer = Pick<
  ServerProcessState,
  'pid' | 'sockets' | 'exit' | 'lines' | 'stderr' | 'messages' | 'beginning'
>;

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
): Promise<HeldServer> {
  const child = spawn(file, args, {
    cwd: directory,
    env: {...environment},
    stdio: ['ignore', 'inherit', 'pipe', 'pipe', ...sockets.map(({fd}) => fd)],
    // A signal to our own group, as from a terminal, is ours to pass on.
    detached: true,
    ...(user ? {uid: user.uid, gid: user.gid} : {}),
  });
  const {pid, stderr} = child;
  if (pid === undefined || stderr === null) throw (await once(child, 'error'))[0];
  child.on('error', () => {});
  return attend(
    {
      pid,
      sockets: sockets.map(({name, host, port}, index) => ({name, host, port, fd: CHANNEL_FD + 1 + index})),
      channel: child.stdio[CHANNEL_FD] as Duplex,
      stderr,
      exited: once(child, 'exit').then(([code, signal]) => ({code, signal})),
      kill: signal => void child.kill(signal),
    },
    onMessage,
    clock,
  );
}

/** Its pipes, as far as they are open. */
export type ServerSockets = {readonly [name in 'channel' | 'stderr']?: Duplex};

/** Goes on with one that the holder before has left. What it said and nobody dealt with is for the caller to take. */
export function inheritServerProcess(
  before: ServerProcessState,
  {channel = endedDuplex(), stderr = endedDuplex()}: ServerSockets,
  onMessage: (message: ServerMessage) => void,
  clock: Clock,
): HeldServer {
  const {pid, sockets, exit} = before;
  const exited = exit ? Promise.resolve(exit) : exitOfInherited(pid);
  return attend(
    {pid, sockets, channel, stderr, exited, kill: signal => killOne(pid, signal), before},
    onMessage,
    clock,
  );
}

type Parts = {
  readonly pid: number;
  readonly sockets: readonly SocketFacts[];
  readonly channel: Duplex;
  readonly stderr: Readable;
  readonly exited: Promise<Exit>;
  readonly kill: (signal: 'SIGTERM' | 'SIGKILL') => void;
  readonly before?: ServerProcessState;
};

function attend(
  {pid, sockets, channel, stderr, exited, kill, before}: Parts,
  onMessage: (message: ServerMessage) => void,
  clock: Clock,
): HeldServer {
  let exit: Exit | undefined;
  const ended = exited.then(plain => {
    exit = plain;
    return plain;
  });
  let held: unknown[] | undefined;
  const take = (message: unknown): void => {
    const parsed = parseServerMessage(message);
    if (parsed === undefined) channel.destroy();
    else onMessage(parsed);
    // Who asks and does not read the answers is not read either.
    if (channel.writableNeedDrain) channel.pause();
  };
  channel.on('error', () => {});
  channel.once('close', () => {
    if (!exit) kill('SIGKILL');
  });
  const input = readJsonLines(
    channel,
    message => void (held ? held.push(message) : take(message)),
    Buffer.from(before?.beginning ?? '', 'base64'),
  );
  channel.on('drain', () => channel.resume());

  const lines = [...(before?.lines ?? [])];
  const output = takeLines(
    stderr,
    line => {
      process.stderr.write(`${line}\n`);
      lines.push(line);
      if (lines.length > KEPT_LINES) lines.shift();
    },
    before ? {before: before.stderr} : {},
  );
  return {
    pid,
    get isGone() {
      return exit !== undefined;
    },
    sockets,
    take,
    exited: ended.then(async plain => {
      // A process that it has started may hold it open for ever.
      await within(OUTPUT_WAIT_MS, clock, () => output.ended);
      return plain;
    }),
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
    get isFlushed() {
      return !channel.writable || channel.writableLength === 0;
    },
    hold: () => {
      held ??= [];
    },
    descriptors: () => {
      const named = Object.entries({channel, stderr}).map(([name, stream]) => [name, descriptorOf(stream)] as const);
      return new Map(named.filter((one): one is [string, number] => one[1] !== undefined));
    },
    suspend: () => ({
      ...{pid, sockets, exit, lines, stderr: output.suspend()},
      messages: held ?? [],
      beginning: input.rest().toString('base64'),
    }),
    resume: () => {
      const messages = held ?? [];
      held = undefined;
      output.resume();
      for (const message of messages) take(message);
    },
  };
}

const endedDuplex = (): Duplex => new Duplex({read: () => {}}).destroy();

function killOne(pid: number, signal: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (errorCode(error) !== 'ESRCH') throw error;
  }
}
