import {once} from 'node:events';
import {chmod, rm} from 'node:fs/promises';
import {createServer, type Socket} from 'node:net';
import path from 'node:path';
import {TakoError} from '../system/error.js';
import {ensurePrivateFolder, PRIVATE_FILE} from '../system/files.js';
import {readJsonLines, writeJsonLine} from './json-lines.js';
import type {CallContext, Handlers} from './method.js';
import {type CallMessage, toProblem} from './protocol.js';

export type ControlServer = {close(): Promise<void>};

export type ControlServerOptions<Methods> = {
  readonly socketPath: string;
  readonly handlers: Handlers<Methods>;
  /** A handler failed with what is not a TakoError: a bug. */
  readonly onBug: (error: unknown) => void;
  /** A client came or left; so many are connected now. */
  readonly onClientsChange?: (clients: number) => void;
  /** How the socket's file is made another group's too. Only this user's if not given. */
  readonly share?: (socketPath: string) => Promise<void>;
};

/** Listens on the socket, readable by this user only. The caller holds the daemon's lock, so a leftover socket is stale. */
export async function startControlServer<Methods>(options: ControlServerOptions<Methods>): Promise<ControlServer> {
  const {socketPath, onClientsChange = () => undefined, share = keepPrivate} = options;
  const clients = new Set<Socket>();
  const server = createServer(socket => {
    clients.add(socket);
    socket.once('close', () => {
      clients.delete(socket);
      onClientsChange(clients.size);
    });
    serveClient(socket, options);
    onClientsChange(clients.size);
  });
  await ensurePrivateFolder(path.dirname(socketPath));
  await rm(socketPath, {force: true});
  server.listen(socketPath);
  await once(server, 'listening');
  await share(socketPath);
  return {
    async close() {
      const closed = new Promise(resolve => server.close(resolve));
      for (const client of clients) endClient(client);
      await closed;
    },
  };
}

const keepPrivate = (socketPath: string): Promise<void> => chmod(socketPath, PRIVATE_FILE);

/** After what was answered has gone out. A client that does not read, a stopped terminal, would keep us for ever. */
const endClient = (client: Socket): void => void (client.writableLength > 0 ? client.destroy() : client.destroySoon());

export type ClientOptions<Methods> = Pick<ControlServerOptions<Methods>, 'handlers' | 'onBug'> & {
  /** Told of each call: resolves when it is answered. */
  readonly onCall?: (answered: Promise<void>) => void;
};

/** Answers the calls of one client, whatever they come through. */
export function serveClient<Methods>(
  socket: Socket,
  {handlers: given, onBug, onCall = () => undefined}: ClientOptions<Methods>,
): void {
  const handlers = given as AnyHandlers;
  const gone = new AbortController();
  socket.once('close', () => gone.abort());
  socket.on('error', () => socket.destroy());
  readJsonLines(socket, message => {
    if (!isCall(message)) return void socket.destroy();
    onCall(answer(message, {socket, handlers, signal: gone.signal, onBug}).catch(onBug));
  });
}

type AnyHandlers = Readonly<Record<string, AnyHandler>>;
type AnyHandler = (params: unknown, context: CallContext<unknown>) => Promise<unknown>;

type Connection = {
  readonly handlers: AnyHandlers;
  readonly onBug: (error: unknown) => void;
  readonly socket: Socket;
  readonly signal: AbortSignal;
};

async function answer({id, method, params}: CallMessage, {socket, handlers, signal, onBug}: Connection): Promise<void> {
  const context = {
    emit: (event: unknown) => {
      gather(socket);
      return writeJsonLine(socket, {id, event});
    },
    drained: () => waitForDrain(socket),
    signal,
  };
  try {
    const handler = findHandler(handlers, method);
    writeJsonLine(socket, {id, result: await handler(params, context)});
  } catch (error) {
    if (!(error instanceof TakoError)) onBug(error);
    writeJsonLine(socket, {id, error: toProblem(error)});
  }
}

/** Has what is written in one go be sent in one: a call to the system for each line of a log costs more than all else. */
function gather(socket: Socket): void {
  if (socket.writableCorked > 0) return;
  socket.cork();
  process.nextTick(() => socket.uncork());
}

function findHandler(handlers: AnyHandlers, method: string): AnyHandler {
  const handler = Object.hasOwn(handlers, method) ? handlers[method] : undefined;
  if (handler) return handler;
  throw new TakoError('UNKNOWN_METHOD', `the daemon does not know the call ${JSON.stringify(method)}`, {
    hint: 'the running daemon may be of another version; "tako dev stop --all" ends it',
  });
}

function waitForDrain(socket: Socket): Promise<void> {
  if (socket.destroyed || !socket.writableNeedDrain) return Promise.resolve();
  return new Promise(resolve => {
    const settle = (): void => {
      socket.off('drain', settle).off('close', settle);
      resolve();
    };
    socket.once('drain', settle).once('close', settle);
  });
}

function isCall(message: unknown): message is CallMessage {
  const {id, method, params} = Object(message) as Partial<CallMessage>;
  return Number.isSafeInteger(id) && typeof method === 'string' && typeof params === 'object' && params !== null;
}
