// What the tests of the control socket share: a server whose handlers each test chooses, and a client that speaks in
// bytes. All of it closes when the test that asked for it is over.

import {once} from 'node:events';
import {mkdtempSync, rmSync} from 'node:fs';
import {createConnection, type Socket} from 'node:net';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {createInterface} from 'node:readline';
import {onTestFinished} from 'vitest';
import {type ControlClient, connectControl} from '../../src/control/client.js';
import type {Handlers} from '../../src/control/method.js';
import type {Methods} from '../../src/control/protocol.js';
import {type ControlServer, type ControlServerOptions, startControlServer} from '../../src/control/server.js';

export type TestServer = ControlServer & {readonly socketPath: string; readonly bugs: readonly unknown[]};

/** A new folder that goes with the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'tako-control-'));
  onTestFinished(() => rmSync(folder, {recursive: true, force: true}));
  return folder;
}

/** A server that has these handlers only. */
export async function startServer(
  handlers: Partial<Handlers<Methods>>,
  options: Partial<ControlServerOptions<Methods>> = {},
): Promise<TestServer> {
  const bugs: unknown[] = [];
  const socketPath = options.socketPath ?? path.join(temporaryFolder(), 'run', 'control.sock');
  const server = await startControlServer({
    onBug: error => bugs.push(error),
    ...options,
    socketPath,
    handlers: handlers as Handlers<Methods>,
  });
  onTestFinished(() => server.close());
  return {...server, socketPath, bugs};
}

export async function connect({socketPath}: {readonly socketPath: string}): Promise<ControlClient> {
  const client = await connectControl(socketPath);
  onTestFinished(() => client.close());
  return client;
}

export type RawClient = {
  readonly socket: Socket;
  send(data: string | Buffer): void;
  /** The next message; undefined when the connection ended instead. */
  next(): Promise<unknown>;
  /** Resolves when the connection is over. */
  readonly ended: Promise<unknown>;
};

/** A client that sends what it is told to; it reads nothing before the first `next`. */
export async function connectRaw({socketPath}: {readonly socketPath: string}): Promise<RawClient> {
  const socket = createConnection(socketPath);
  socket.on('error', () => undefined);
  const ended = new Promise(resolve => socket.once('close', resolve));
  await once(socket, 'connect');
  onTestFinished(() => void socket.destroy());
  let lines: AsyncIterator<string> | undefined;
  return {
    socket,
    ended,
    send: data => void socket.write(data),
    async next() {
      lines ??= createInterface({input: socket})[Symbol.asyncIterator]();
      const {value} = await lines.next();
      return value === undefined ? undefined : JSON.parse(value);
    },
  };
}

/** What a promise was rejected with. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('it was not rejected');
}
