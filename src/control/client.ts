import {once} from 'node:events';
import {createConnection, type Socket} from 'node:net';
import {TakoError} from '../system/error.js';
import {readJsonLines, writeJsonLine} from './json-lines.js';
import {type AnswerMessage, fromProblem, type MethodName, type Methods} from './protocol.js';
import {assertOwnSocket} from './socket-path.js';

export type CallOptions<Event> = {
  readonly onEvent?: (event: Event) => void;
};

export type ControlClient = {
  /** Rejects with the TakoError the server answered, or DAEMON_LOST when the connection ends first. */
  call<M extends MethodName>(
    method: M,
    params: Methods[M]['params'],
    options?: CallOptions<Methods[M]['event']>,
  ): Promise<Methods[M]['result']>;
  /** Resolves when the connection is over, whoever ended it. */
  readonly closed: Promise<void>;
  close(): void;
};

/** Connects, or rejects with the system's error (ENOENT, ECONNREFUSED) when nobody listens. Throws SOCKET_FOREIGN. */
export async function connectControl(socketPath: string): Promise<ControlClient> {
  assertOwnSocket(socketPath);
  const socket = createConnection(socketPath);
  await once(socket, 'connect');
  return createControlClient(socket);
}

type PendingCall = {
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
  readonly onEvent: ((event: never) => void) | undefined;
};

function createControlClient(socket: Socket): ControlClient {
  const pending = new Map<number, PendingCall>();
  let lastId = 0;
  socket.on('error', () => socket.destroy());
  const closed = new Promise<void>(resolve => socket.once('close', () => resolve()));
  closed.then(() => {
    for (const {reject} of pending.values()) reject(daemonLost());
    pending.clear();
  });
  readJsonLines(socket, message => settle(pending, message as AnswerMessage));
  return {
    call(method, params, {onEvent} = {}) {
      if (socket.destroyed) return Promise.reject(daemonLost());
      return new Promise((resolve, reject) => {
        lastId += 1;
        pending.set(lastId, {resolve, reject, onEvent});
        writeJsonLine(socket, {id: lastId, method, params});
      });
    },
    closed,
    close: () => void socket.destroy(),
  };
}

function settle(pending: Map<number, PendingCall>, message: AnswerMessage): void {
  const call = pending.get(message.id);
  if (!call) return;
  if ('event' in message) {
    call.onEvent?.(message.event as never);
    return;
  }
  pending.delete(message.id);
  if ('error' in message) call.reject(fromProblem(message.error));
  else call.resolve(message.result as never);
}

const daemonLost = (): TakoError =>
  new TakoError('DAEMON_LOST', 'the connection to the daemon ended', {hint: 'run the command again'});
