// node:http as the server of an app that exports a handler.

import {createServer, type Server} from 'node:http';
import {createAppServer} from '../answer.js';
import type {App} from '../app.js';
import {CLOSE} from '../websocket/handlers.js';
import {type Context, serveRequest} from './serve-request.js';
import {openWebSocket, serveUpgrade} from './upgrade.js';

/**
 * Longer than proxies keep a connection that is idle, so that it is they who end it: a request that is sent while its
 * connection is being closed is lost.
 */
const KEEP_ALIVE_TIMEOUT_MS = 75_000;

export type FetchServer = {
  readonly server: Server;
  /** Closes every WebSocket with 1001; resolves when all have ended. */
  closeWebSockets(): Promise<void>;
};

export function createFetchServer<Data>(app: App<Data>): FetchServer {
  const context = createContext(app);
  // An upload may take any time; how long its head may take is limited by Node.
  const server = createServer({keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS, requestTimeout: 0});
  server.on('request', (incoming, response) => void serveRequest(context, {incoming, response}));
  server.on('checkContinue', (incoming, response) => {
    void serveRequest(context, {incoming, response, sendContinue: () => response.writeContinue()});
  });
  if (app.websocket) server.on('upgrade', (incoming, socket, head) => serveUpgrade(context, {incoming, socket, head}));
  return {
    server,
    async closeWebSockets() {
      for (const socket of context.sockets) socket.close(CLOSE.goingAway, 'going away');
      await Promise.all([...context.sockets].map(({closed}) => closed));
    },
  };
}

function createContext<Data>(app: App<Data>): Context<Data> {
  const context: Context<Data> = {
    app,
    server: createAppServer((request, options = {}) => {
      const upgrade = context.upgrades.get(request);
      if (upgrade === undefined || app.websocket === undefined || !context.upgrades.delete(request)) return false;
      const connection = openWebSocket(upgrade, options, app.websocket);
      context.sockets.add(connection);
      void connection.closed.then(() => context.sockets.delete(connection));
      return true;
    }),
    upgrades: new WeakMap(),
    sockets: new Set(),
  };
  return context;
}
