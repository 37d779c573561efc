// The server's control socket: calls, and beside them uploads, which say so in their first line. Whoever may open it
// may do everything; that is what its group is for.

import {once} from 'node:events';
import {chmod, readdir, readlink, rename, rm, symlink} from 'node:fs/promises';
import {connect, createServer, type Socket} from 'node:net';
import path from 'node:path';
import type {Handlers} from '../../control/method.js';
import {serveClient} from '../../control/server.js';
import type {ServerMethods} from '../../control/server-methods.js';
import {within} from '../../supervisor/race.js';
import {systemClock} from '../../system/clock.js';
import {errorCode} from '../../system/error.js';
import type {UploadReceiver} from '../releases/upload-receiver.js';
import {receiveUpload} from '../releases/upload-stream.js';

export type ControlSocketOptions = {
  readonly path: string;
  readonly handlers: Handlers<ServerMethods>;
  readonly receiver: UploadReceiver;
  readonly onBug: (error: unknown) => void;
};

export type ControlSocket = {
  /**
   * Takes no more connections, and ends those there are when what they asked for is answered or received, or `patienceMs` is
   * over. The name is not touched: it may be the next process's already.
   */
  close(patienceMs: number): Promise<void>;
};

/** For the last answers to be read. */
const LAST_ANSWERS_MS = 2_000;

/** For the service's user and its group: the installer made the folder so that what is in it gets that group. */
const SHARED_SOCKET = 0o660;

/**
 * Listens on a socket of its own, to which `path` leads from then on: at no moment does it lead nowhere, and the process
 * before keeps its own.
 */
export async function openControlSocket(options: ControlSocketOptions): Promise<ControlSocket> {
  const clients = new Set<Socket>();
  const underWay = new Set<Promise<void>>();
  const onWork = (work: Promise<void>): void => {
    underWay.add(work);
    void work.finally(() => underWay.delete(work));
  };
  const server = createServer({allowHalfOpen: true}, socket => {
    clients.add(socket);
    socket.once('close', () => clients.delete(socket));
    socket.on('error', () => socket.destroy());
    welcome(socket, {...options, onWork});
  });
  const own = ownPath(options.path, process.pid);
  await removeLeftovers(options.path);
  await rm(own, {force: true});
  server.listen(own);
  await once(server, 'listening');
  await chmod(own, SHARED_SOCKET);
  await symlink(path.basename(own), `${own}.new`);
  await rename(`${own}.new`, options.path);
  return {
    async close(patienceMs) {
      const closed = new Promise(resolve => server.close(resolve));
      await within(patienceMs, systemClock, () => Promise.all(underWay));
      // What was answered goes out first; who does not read it keeps nobody.
      for (const client of clients) client.end();
      const late = setTimeout(() => {
        for (const client of clients) client.destroy();
      }, LAST_ANSWERS_MS);
      await closed;
      clearTimeout(late);
    },
  };
}

/** The process that the name leads to. Undefined: to none. */
export async function findControlSocketOwner(shared: string): Promise<number | undefined> {
  const target = await readlink(shared).catch(() => '');
  const pid = Number(/\.(\d+)\.sock$/.exec(target)?.[1]);
  return pid > 0 ? pid : undefined;
}

/** `run/control.123.sock` beside `run/control.sock`. */
const ownPath = (shared: string, pid: number): string => shared.replace(/\.sock$/, `.${pid}.sock`);

/** Sockets of processes that were killed: nobody hears them. The pid in the name may be another process's by now. */
async function removeLeftovers(shared: string): Promise<void> {
  const folder = path.dirname(shared);
  for (const name of await readdir(folder)) {
    const file = path.join(folder, name);
    if (/\.\d+\.sock(?:\.new)?$/.test(name) && !(await isHeard(file))) await rm(file, {force: true});
  }
}

/** Whether a process listens on the socket, or the one that a link leads to. */
async function isHeard(file: string): Promise<boolean> {
  const socket = connect(file);
  try {
    await once(socket, 'connect');
    return true;
  } catch (error) {
    return !['ECONNREFUSED', 'ENOENT'].includes(errorCode(error) ?? '');
  } finally {
    socket.destroy();
  }
}

type WelcomeOptions = ControlSocketOptions & {readonly onWork: (work: Promise<void>) => void};

const UPLOAD = Buffer.from('{"upload": 1}\n');

/** What the first bytes are tells what it is; they come in one piece, as both heads are one small write. */
function welcome(socket: Socket, {handlers, receiver, onBug, onWork}: WelcomeOptions): void {
  // Cut before it has said what it is: without an answer, its other end would wait for one for ever.
  const leave = (): void => void socket.end();
  socket.once('end', leave);
  socket.once('data', (chunk: Buffer) => {
    socket.off('end', leave);
    socket.pause();
    const isUpload = chunk.subarray(0, UPLOAD.length).equals(UPLOAD);
    const rest = isUpload ? chunk.subarray(UPLOAD.length) : chunk;
    if (rest.length > 0) socket.unshift(rest);
    if (isUpload) {
      const end = (): void => void socket.end();
      onWork(receiveUpload({input: socket, output: socket}, receiver).then(end, end));
    } else {
      socket.once('end', () => socket.end());
      serveClient(socket, {handlers, onBug, onCall: onWork});
    }
    socket.resume();
  });
}
