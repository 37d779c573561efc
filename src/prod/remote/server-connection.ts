// A laptop's connection to a server: the control protocol over ssh's standard streams. Uploads go beside it, so that
// calls are answered while one is under way.

import {type ControlClient, createControlClient} from '../../control/client.js';
import {SERVER_PROTOCOL, type ServerInfo, type ServerMethods} from '../../control/server-methods.js';
import {errorCode, TakoError} from '../../system/error.js';
import type {UploadItem} from '../releases/upload-stream.js';
import {CONNECT_EXIT} from './connect.js';
import type {ServerEntry} from './server-list.js';
import {quoteCommand} from './shell-quote.js';
import {openSsh, type Ssh, type SshChannel} from './ssh.js';
import {commandFailed, explainSshFailure, isSshFailure, linesOf, type SshEnd} from './ssh-error.js';
import type {SshFlags} from './ssh-target.js';
import {type UploadOptions, uploadObjects} from './upload.js';

export type ServerConnection = {
  readonly entry: ServerEntry;
  /** Another one after an upload that had to connect again. */
  readonly client: ControlClient<ServerMethods>;
  /** What the server said at the beginning. */
  readonly info: ServerInfo;
  /** Sends what the server lacks of these objects. Goes on where it was when the connection is cut. Throws the signal's reason. */
  upload(objects: readonly UploadItem[], watch?: Pick<UploadOptions, 'onProgress' | 'signal'>): Promise<void>;
  close(): Promise<void>;
};

export type ConnectOptions = SshFlags & {
  /** Of this tako. */
  readonly version: string;
  /** For an upgrade: a server whose protocol is another one is welcome too. */
  readonly isAnyProtocolFine?: boolean;
};

/**
 * Connects and greets. Throws the errors of ssh.ts, SERVER_NOT_INSTALLED, SERVER_DOWN, SERVER_DENIED, SERVER_OLDER,
 * SERVER_NEWER.
 */
export async function connectServer(entry: ServerEntry, options: ConnectOptions): Promise<ServerConnection> {
  let line = await openLine(entry, options);
  const reconnect = async (): Promise<void> => {
    await line.close();
    line = await patiently(() => openLine(entry, options));
  };
  return {
    entry,
    get client() {
      return line.client;
    },
    info: line.info,
    upload: (objects, watch) =>
      uploadObjects(objects, {
        client: () => line.client,
        open: () => line.ssh.open(connectCommand(entry)),
        explain: end => explainConnectEnd(entry, end),
        reconnect,
        ...watch,
      }),
    close: () => line.close(),
  };
}

/** What a server is like that boots, or whose server process is about to be started again. */
const PASSING: readonly (string | undefined)[] = ['SERVER_LOST', 'SERVER_DOWN', 'SSH_UNREACHABLE'];

/** Whether what ended a connection, or kept it from being made, may be over in a moment. */
export const isPassing = (error: unknown): boolean => PASSING.includes(errorCode(error));

const RECONNECT_TRIES = 10;
const RECONNECT_PAUSE_MS = 1_000;

/** For a connection that was there before: what is wrong now was not wrong then. */
async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (let left = RECONNECT_TRIES; ; left--) {
    try {
      return await work();
    } catch (error) {
      if (left <= 1 || !isPassing(error)) throw error;
    }
    await new Promise(resolve => setTimeout(resolve, RECONNECT_PAUSE_MS));
  }
}

/** One login with its control channel. */
type Line = {
  readonly ssh: Ssh;
  readonly client: ControlClient<ServerMethods>;
  readonly info: ServerInfo;
  close(): Promise<void>;
};

async function openLine(entry: ServerEntry, options: ConnectOptions): Promise<Line> {
  const ssh = await openSsh(entry, options);
  try {
    const channel = ssh.open(connectCommand(entry));
    const client = createControlClient<ServerMethods>(channel.stream, () => connectionLost(entry));
    const info = await greet(entry, channel, client, options.version);
    if (!options.isAnyProtocolFine) checkProtocol(entry, info, options.version);
    return {ssh, client, info, close: () => ssh.close()};
  } catch (error) {
    await ssh.close();
    throw error;
  }
}

/** For the login shell; an installation's path has no characters that shells take differently. */
const connectCommand = ({root}: ServerEntry): string => quoteCommand([`${root}/bin/tako-server`, 'connect']);

async function greet(
  entry: ServerEntry,
  {ended}: SshChannel,
  client: ControlClient<ServerMethods>,
  version: string,
): Promise<ServerInfo> {
  try {
    return await client.call('hello', {version, protocol: SERVER_PROTOCOL});
  } catch (error) {
    if (errorCode(error) !== 'SERVER_LOST') throw error;
    throw explainConnectEnd(entry, await ended) ?? error;
  }
}

/** A shell's exit codes for a program that is not there or cannot be run (POSIX, 2.8.2). */
const NOT_FOUND = [126, 127];

/** Why `tako-server connect` ended; undefined when it ended well. */
function explainConnectEnd(entry: ServerEntry, end: SshEnd): TakoError | undefined {
  if (end.code === 0) return undefined;
  if (isSshFailure(end)) return explainSshFailure(entry, end);
  if (end.code === CONNECT_EXIT.unavailable) return serverDown(entry, end);
  if (end.code === CONNECT_EXIT.denied) return serverDenied(entry, end);
  return NOT_FOUND.includes(end.code ?? 0) ? notInstalled(entry, end) : commandFailed(entry, 'tako-server', end);
}

function checkProtocol({name}: ServerEntry, info: ServerInfo, version: string): void {
  if (info.protocol < SERVER_PROTOCOL) {
    throw new TakoError(
      'SERVER_OLDER',
      `${name} runs tako ${info.version}, which is too old for this tako ${version}`,
      {
        hint: `"tako servers upgrade ${name}" brings it up to date; apps go on meanwhile`,
      },
    );
  }
  if (info.protocol > SERVER_PROTOCOL) {
    throw new TakoError(
      'SERVER_NEWER',
      `${name} runs tako ${info.version}, which is too new for this tako ${version}`,
      {
        hint: 'install the newest tako here: npm install -g tako.sh',
      },
    );
  }
}

const notInstalled = ({name, root}: ServerEntry, end: SshEnd): TakoError =>
  new TakoError('SERVER_NOT_INSTALLED', `there is no tako in ${root} of ${name}`, {
    hint: '"tako servers add" with the same address installs it, and repairs what is broken',
    details: linesOf(end),
  });

const serverDown = ({name}: ServerEntry, end: SshEnd): TakoError =>
  new TakoError('SERVER_DOWN', `tako is installed on ${name} but does not run`, {
    hint: '"tako servers add" with the same address starts it; "journalctl -u tako" there says why it ended',
    details: linesOf(end),
  });

const serverDenied = ({name, user}: ServerEntry, end: SshEnd): TakoError =>
  new TakoError('SERVER_DENIED', `${user ?? 'this user'} may not control tako on ${name}`, {
    hint: '"tako servers add" with that user puts it into the group tako-admin',
    details: linesOf(end),
  });

const connectionLost = ({name}: ServerEntry): TakoError =>
  new TakoError('SERVER_LOST', `the connection to ${name} ended`, {
    hint: 'run the command again; what the server had begun goes on there',
  });
