// The data plane, put together: listeners, TLS, routes, cold start, forwarding. It knows neither dev nor prod; all it
// needs from outside is an immutable route table, a source of certificates, and a way to bring an app to ready.

import type {TLSSocket} from 'node:tls';
import type {CertificateSource} from './certificate-source.js';
import {createColdStart} from './cold-start.js';
import {createExchange, type DownstreamRequest, type DownstreamResponse, type Exchange} from './downstream.js';
import {createForwarder} from './forward.js';
import {type Listener, type ListenerOptions, openListener} from './listener.js';
import {createProtocolServers, type ProtocolServers} from './protocol-servers.js';
import {createRequestPath, type RequestFilter, type RequestPath, sendBadRequest} from './request-path.js';
import {type AppId, createRouteTable, type Route} from './route-table.js';
import {createTlsServer} from './tls.js';
import type {UpgradeExchange} from './tunnel.js';
import type {Activate, Upstream} from './upstream.js';

export type PortOptions = Pick<ListenerOptions, 'port' | 'deniedPort'>;

export type GatewayOptions = {
  readonly https: PortOptions;
  /** Redirects to HTTPS; filters see its requests first. */
  readonly http: PortOptions;
  readonly certificates: CertificateSource;
  /** Whose certificate a client gets that names no server. */
  readonly defaultServerName: string;
  readonly activate: Activate;
  readonly findUpstream: (app: AppId) => Upstream | undefined;
  readonly lastLines?: (app: AppId) => readonly string[];
  readonly filters?: readonly RequestFilter[];
  /** Told of errors nobody expected (a filter that throws); their request is answered with 500. */
  readonly onBug?: (error: unknown) => void;
  /** How long a request waits for its app, in milliseconds; 30 s if not given. */
  readonly coldStartDeadlineMs?: number | ((app: AppId) => number);
};

export type OpenPort = Pick<Listener, 'port' | 'isDenied'>;

export type Gateway = {
  readonly https: OpenPort;
  readonly http: OpenPort;
  /** Swaps the whole table at once; requests under way keep the route they have. */
  setRoutes(routes: readonly Route[]): void;
  /** Requests and tunnels of an app that are not finished. */
  inFlight(app: AppId): number;
  close(): Promise<void>;
};

/** Opens the ports and serves until closed. Throws PORT_IN_USE or PORT_DENIED and leaves nothing open. */
export async function createGateway(options: GatewayOptions): Promise<Gateway> {
  let table = createRouteTable([]);
  let httpsPort = options.https.port;
  const forwarder = createForwarder();
  const path = createRequestPath({
    routes: () => table,
    filters: options.filters ?? [],
    coldStart: createColdStart({
      activate: options.activate,
      ...(options.coldStartDeadlineMs === undefined ? {} : {deadlineMs: options.coldStartDeadlineMs}),
    }),
    forwarder,
    findUpstream: options.findUpstream,
    lastLines: options.lastLines ?? (() => []),
    onBug: options.onBug ?? (() => undefined),
    httpsPort: () => httpsPort,
  });
  const servers = createProtocolServers(handlersOf(path));
  const listeners = await openListeners(options, servers);
  httpsPort = listeners.https.port;
  let closed: Promise<void> | undefined;

  async function close(): Promise<void> {
    const portsClosed = [listeners.https.close(), listeners.http.close()];
    servers.close();
    forwarder.close();
    await Promise.all(portsClosed);
  }

  return {
    https: listeners.https,
    http: listeners.http,
    setRoutes(routes) {
      table = createRouteTable(routes);
    },
    inFlight: path.inFlight,
    close: () => (closed ??= close()),
  };
}

function handlersOf(path: RequestPath): Parameters<typeof createProtocolServers>[0] {
  const start = <E extends Exchange>(
    request: DownstreamRequest,
    response: DownstreamResponse,
    extend: (exchange: Exchange) => E,
  ): void => {
    const exchange = createExchange(request, response);
    if ('problem' in exchange) sendBadRequest(response, exchange.problem);
    else void path.handle(extend(exchange));
  };
  return {
    onRequest: (request, response) => start(request, response, exchange => exchange),
    onUpgrade: (request, response, socket, head) =>
      start(request, response, (exchange): UpgradeExchange => ({...exchange, response, socket, head})),
  };
}

type Listeners = {readonly https: Listener; readonly http: Listener};

async function openListeners(options: GatewayOptions, servers: ProtocolServers): Promise<Listeners> {
  let https: Listener | undefined;
  try {
    const tls = await createTlsServer({...options, onConnection: socket => acceptSecure(socket, servers)});
    https = await openListener({...options.https, onConnection: socket => void tls.accept(socket)});
    const http = await openListener({...options.http, onConnection: servers.acceptHttp1});
    return {https, http};
  } catch (error) {
    await https?.close();
    servers.close();
    throw error;
  }
}

function acceptSecure(socket: TLSSocket, servers: ProtocolServers): void {
  // node:tls leaves errors of an established connection to its owner.
  socket.on('error', () => socket.destroy());
  if (socket.alpnProtocol === 'h2') servers.acceptHttp2(socket);
  else servers.acceptHttp1(socket);
}
