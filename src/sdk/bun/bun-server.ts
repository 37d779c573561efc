// Bun's own server. It does by itself what Node's needs code for: signals, backpressure, WebSockets.

import {answerFailure, answerRequest, correctScheme, createAppServer} from '../answer.js';
import type {App, AppServer} from '../app.js';
import type {ListenAddress, RunningServer} from '../running-server.js';
import {handleStatus} from '../status.js';
import {CLOSE} from '../websocket/handlers.js';
import {type BunSocket, createBunHandlers} from './bun-handlers.js';

/** As much of Bun's server as is used. */
type BunServer = {
  readonly port: number;
  /** Requests whose answers are not complete. */
  readonly pendingRequests: number;
  upgrade(request: Request, options: object): boolean;
  stop(closeActiveConnections: boolean): Promise<void>;
};

type BunOptions = {
  readonly port: number;
  readonly hostname?: string;
  readonly idleTimeout: number;
  readonly maxRequestBodySize: number;
  readonly development: boolean;
  fetch(request: Request, server: BunServer): Promise<Response | undefined>;
  error(error: unknown): Response;
  readonly websocket?: object;
};

type BunRuntime = {serve(options: BunOptions): BunServer};

export function serveOnBun<Data>(app: App<Data>, {port, host}: ListenAddress): RunningServer {
  const sockets = new Set<BunSocket>();
  const upgraded = new WeakSet<Request>();
  const appServer: AppServer<Data> = createAppServer((request, {data, headers} = {}) => {
    if (!app.websocket || !server.upgrade(request, {data, ...(headers === undefined ? {} : {headers})})) return false;
    upgraded.add(request);
    return true;
  });
  const {Bun} = globalThis as unknown as {Bun: BunRuntime};
  const server = Bun.serve({
    port,
    ...(host === undefined ? {} : {hostname: host}),
    // How long a request may be silent, and how long its body may be, is for whoever stands in front to say.
    idleTimeout: 0,
    maxRequestBodySize: Number.MAX_SAFE_INTEGER,
    development: false,
    fetch: async request =>
      handleStatus(request) ?? answerRequest(app, correctScheme(request), appServer, () => upgraded.has(request)),
    error: answerFailure,
    ...(app.websocket ? {websocket: createBunHandlers(app.websocket, sockets)} : {}),
  });
  return {
    port: server.port,
    async drain() {
      const stopped = server.stop(false);
      for (const socket of sockets) socket.close(CLOSE.goingAway, 'going away');
      // `stop` may wait for connections that are idle.
      await Promise.race([stopped, untilNothingPends(() => server.pendingRequests + sockets.size)]);
    },
  };
}

const POLL_MS = 10;

async function untilNothingPends(count: () => number): Promise<void> {
  while (count() > 0) await new Promise(resolve => setTimeout(resolve, POLL_MS));
}
