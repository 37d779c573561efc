// Another way to the apps of a gateway: ports of its own on addresses of its own, for some clients and some names only. It
// has a route table of its own, so what is not in that does not exist for those who come this way.

import type {Socket} from 'node:net';
import type {CertificateSource} from './certificate-source.js';
import type {ErrorAnswer} from './error-page.js';
import type {GatewaySession} from './gateway-session.js';
import {type Listener, openListener} from './listener.js';
import {createProxy, type ProxyOptions, type ReverseProxy} from './proxy.js';
import {
  authorityOf,
  createRequestPath,
  type RequestFilter,
  type RequestPathOptions,
  sendError,
} from './request-path.js';
import {isReservedPath} from './reserved-paths.js';
import {createRouteTable, type Route, type RouteTable} from './route-table.js';
import {createTlsServer} from './tls/tls-server.js';

export type EntranceOptions = {
  /** Addresses of this machine. */
  readonly hosts: readonly string[];
  /** The first of them that is free is opened; 0 is any free one. */
  readonly httpsPorts: readonly number[];
  /** The same for HTTP, which redirects to HTTPS. */
  readonly httpPorts: readonly number[];
  readonly certificates: CertificateSource;
  /** Whose certificate a client gets that names no server. */
  readonly defaultServerName: string;
  /** See requests first, also those for names that are not served. */
  readonly filters: readonly RequestFilter[];
  /** Whether a client with this address is served. Others are disconnected before anything is read. */
  readonly isWelcome: (address: string) => boolean;
};

export type Entrance = {
  readonly https: Pick<Listener, 'port'>;
  readonly http: Pick<Listener, 'port'>;
  /** Swaps the whole table at once. */
  setRoutes(routes: readonly Route[]): void;
  /** Closes the ports and cuts off everything that came through them. */
  close(): Promise<void>;
};

/** What an entrance shares with its gateway. */
export type EntranceContext = {
  readonly path: Omit<RequestPathOptions, 'routes' | 'filters' | 'showsOutput' | 'httpsPort'>;
  readonly proxy: ProxyOptions;
};

/** Throws PORT_IN_USE, PORT_DENIED or the system's error, and leaves nothing open. */
export async function openEntrance(options: EntranceOptions, context: EntranceContext): Promise<Entrance> {
  let table = createRouteTable([]);
  let httpsPort = 0;
  const {phases} = createRequestPath({
    ...context.path,
    routes: () => table,
    filters: [...options.filters, session => refuseUnknown(session, table)],
    showsOutput: false,
    httpsPort: () => httpsPort,
  });
  const proxy = createProxy(phases, context.proxy);
  const {https, http} = await openPorts(options, proxy);
  httpsPort = https.port;
  return {
    https,
    http,
    setRoutes(routes) {
      table = createRouteTable(routes);
    },
    async close() {
      const closed = [https.close(), http.close()];
      proxy.close();
      await Promise.all(closed);
    },
  };
}

/** Not even what there is instead is told. */
const NOT_HERE: ErrorAnswer = {status: 421, code: 'NOT_HERE', message: 'nothing is served here under this name'};

function refuseUnknown(session: GatewaySession, table: RouteTable): boolean {
  const {host} = authorityOf(session);
  const {target} = session.request;
  const isKnown = isReservedPath(target)
    ? table.routes.some(route => route.host === host)
    : table.match(host, target) !== undefined;
  if (!isKnown) sendError(session, NOT_HERE);
  return !isKnown;
}

type Ports = {readonly https: Listener; readonly http: Listener};

async function openPorts(options: EntranceOptions, proxy: ReverseProxy): Promise<Ports> {
  const {hosts: host, httpsPorts, httpPorts, isWelcome} = options;
  const welcome = (accept: (socket: Socket) => void) => (socket: Socket) => {
    if (isWelcome(socket.remoteAddress ?? '')) accept(socket);
    else socket.destroy();
  };
  const {certificates, defaultServerName} = options;
  let https: Listener | undefined;
  try {
    const tls = await createTlsServer({certificates, defaultServerName, onConnection: proxy.acceptSecure});
    https = await openFirst(httpsPorts, port => openListener({port, host, onConnection: welcome(tls.accept)}));
    const http = await openFirst(httpPorts, port =>
      openListener({port, host, onConnection: welcome(proxy.acceptPlain)}),
    );
    return {https, http};
  } catch (error) {
    await https?.close();
    proxy.close();
    throw error;
  }
}

/** Throws what was wrong with the last one. */
async function openFirst(ports: readonly number[], open: (port: number) => Promise<Listener>): Promise<Listener> {
  const [port = 0, ...others] = ports;
  try {
    return await open(port);
  } catch (error) {
    if (others.length === 0) throw error;
    return openFirst(others, open);
  }
}
