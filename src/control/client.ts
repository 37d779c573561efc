import {once} from 'node:events';
import {createConnection} from 'node:net';
import type {Duplex} from 'node:stream';
import {TakoError} from '../system/error.js';
import {readJsonLines, writeJsonLine} from './json-lines.js';
import {type AnswerMessage, type Methods as DaemonMethods, fromProblem} from './protocol.js';
import {assertOwnSocket} from './socket-path.js';

export type CallOptions<Event> = {
  readonly onEvent?: (event: Event) => void;
  /** Rejects with DAEMON_STUCK when there is no answer by then. Without it a call waits for as long as it takes. */
  readonly timeoutMs?: number;
};

type ParamsOf<M> = M extends {readonly params: infer Params} ? Params : never;
type ResultOf<M> = M extends {readonly result: infer Result} ? Result : never;
type EventOf<M> = M extends {readonly event: infer Event} ? Event : never;

export type ControlClient<Methods = DaemonMethods> = {
  /** Rejects with the TakoError the server answered, or DAEMON_LOST when the connection ends first. */
  call<M extends keyof Methods & string>(
    method: M,
    params: ParamsOf<Methods[M]>,
    options?: CallOptions<EventOf<Methods[M]>>,
  ): Promise<ResultOf<Methods[M]>>;
  /** Resolves when the connection is over, whoever ended it. */
  readonly closed: Promise<void>;
  /** Reads no further until `resume`: what the server has to say waits there. */
  pause(): void;
  resume(): void;
  close(): void;
};

/** Connects, or rejects with the system's error (ENOENT, ECONNREFUSED) when nobody listens. Throws SOCKET_FOREIGN. */
export async function connectControl(socketPath: string): Promise<ControlClient> {
  assertOwnSocket(socketPath);
  const socket = createConnection(socketPath);
  await once(socket, 'connect');
  return createControlClient<DaemonMethods>(socket, daemonLost);
}

type PendingCall = {
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
  readonly onEvent: ((event: never) => void) | undefined;
};

/** Calls through a stream that leads to a server. `lost` is what calls reject with when it ends before their answer. */
export function createControlClient<Methods>(socket: Duplex, lost: () => TakoError): ControlClient<Methods> {
  const pending = new Map<number, PendingCall>();
  let lastId = 0;
  socket.on('error', () => socket.destroy());
  const closed = new Promise<void>(resolve => socket.once('close', () => resolve()));
  closed.then(() => {
    for (const {reject} of pending.values()) reject(lost());
    pending.clear();
  });
  readJsonLines(socket, message => settle(pending, message as AnswerMessage));
  return {
    call(method, params, {onEvent, timeoutMs} = {}) {
      if (socket.destroyed) return Promise.reject(lost());
      const answer = new Promise<never>((resolve, reject) => {
        lastId += 1;
        pending.set(lastId, {resolve, reject, onEvent});
        writeJsonLine(socket, {id: lastId, method, params});
      });
      return timeoutMs === undefined ? answer : withTimeout(answer, timeoutMs);
    },
    closed,
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
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

function withTimeout<T>(answer: Promise<T>, timeoutMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(daemonStuck(timeoutMs)), timeoutMs);
    answer.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

const daemonStuck = (timeoutMs: number): TakoError =>
  new TakoError('DAEMON_STUCK', `the daemon is there but has not answered for ${timeoutMs / 1000} s`, {
    hint: 'its pid is the last one in daemon.log; end it with kill -9, then run the command again',
  });

const daemonLost = (): TakoError =>
  new TakoError('DAEMON_LOST', 'the connection to the daemon ended', {hint: 'run the command again'});
