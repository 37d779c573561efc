// Deno's own server.

import {answerFailure, answerRequest, correctScheme, createAppServer} from '../answer.js';
import type {App} from '../app.js';
import type {ListenAddress, RunningServer} from '../running-server.js';
import {handleStatus} from '../status.js';
import {CLOSE} from '../websocket/handlers.js';
import {DenoSocket, type NativeSocket} from './deno-socket.js';

/** As much of Deno as is used. */
type DenoRuntime = {
  serve(options: {
    readonly port: number;
    readonly hostname?: string;
    onListen(): void;
    handler(request: Request, info: {readonly completed: Promise<void>}): Promise<Response>;
    onError(error: unknown): Response;
  }): DenoServer;
  upgradeWebSocket(request: Request, options: object): {readonly socket: NativeSocket; readonly response: Response};
};

type DenoServer = {readonly addr: {readonly port: number}; shutdown(): Promise<void>};

export function serveOnDeno<Data>(app: App<Data>, {port, host}: ListenAddress): RunningServer {
  const {Deno} = globalThis as unknown as {Deno: DenoRuntime};
  const sockets = new Set<DenoSocket<Data>>();
  /** The answers that open a WebSocket, by their request. */
  const upgrades = new WeakMap<Request, Response>();
  const appServer = createAppServer<Data>((request, {data, headers} = {}) => {
    if (!app.websocket || request.headers.get('upgrade')?.toLowerCase() !== 'websocket') return false;
    const own = new Headers(headers);
    const protocol = own.get('sec-websocket-protocol');
    own.delete('sec-websocket-protocol');
    const {socket, response} = Deno.upgradeWebSocket(request, {
      idleTimeout: 0,
      ...(protocol === null ? {} : {protocol}),
    });
    for (const [name, value] of own) response.headers.append(name, value);
    const opened = new DenoSocket(socket, data as Data, app.websocket, () => sockets.delete(opened));
    sockets.add(opened);
    upgrades.set(request, response);
    return true;
  });
  const server = Deno.serve({
    port,
    ...(host === undefined ? {} : {hostname: host}),
    onListen() {},
    async handler(request, {completed}) {
      const own = handleStatus(request);
      if (own) return own;
      const onAnswer = correctSignal(request, completed);
      const answer = await answerRequest(app, correctScheme(request), appServer, () => upgrades.has(request));
      onAnswer();
      return answer ?? upgrades.get(request) ?? answerFailure(new Error('the WebSocket was not opened'));
    },
    onError: answerFailure,
  });
  return {
    port: server.addr.port,
    async drain() {
      for (const socket of sockets) socket.close(CLOSE.goingAway, 'going away');
      await server.shutdown();
    },
  };
}

/**
 * Deno's own signal aborts at the end of every request. This one does so only when the client hangs up before its answer is
 * complete. Returns what to call when there is an answer.
 */
function correctSignal(request: Request, completed: Promise<void>): () => void {
  const controller = new AbortController();
  const abort = (): void => controller.abort(new DOMException('the client hung up', 'AbortError'));
  const {signal} = request;
  signal.addEventListener('abort', abort);
  Object.defineProperty(request, 'signal', {value: controller.signal});
  return () => {
    signal.removeEventListener('abort', abort);
    completed.catch(abort);
  };
}
