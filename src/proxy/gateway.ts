// The data plane, put together: listeners, TLS, routes, cold start, forwarding. It knows neither dev nor prod; all it
// needs from outside is an immutable route table, a source of certificates, and a way to bring an app to ready.

import type {Socket} from 'node:net';
import {acceptProxied} from './accept-proxied.js';
import type {AppActivity, Place} from './activity.js';
import type {CertificateSource} from './certificate-source.js';
import type {StartExchange} from './client-side.js';
import {createColdStart} from './cold-start.js';
import {type Entrance, type EntranceOptions, openEntrance} from './entrance.js';
import type {GatewaySession} from './gateway-session.js';
import type {Limits, Timeouts} from './limits.js';
import {type Listener, type ListenerOptions, openListener} from './listener.js';
import {createPageEvents, type PageEvent} from './page-events.js';
import {createProxy, type ReverseProxy} from './proxy.js';
import {createRequestPath, type Observe, type RequestFilter, type RouteFilter} from './request-path.js';
import {type AppId, createRouteTable, type Route} from './route-table.js';
import type {StartProgress} from './start-page.js';
import type {TlsChallenges} from './tls/challenge-server.js';
import type {ClientCertificates} from './tls/client-certificates.js';
import type {TicketKeys} from './tls/ticket-keys.js';
import {createTlsServer} from './tls/tls-server.js';
import type {TrustedProxies} from './trusted-proxies.js';
import type {Activate, Upstream} from './upstream.js';

export type PortOptions = Pick<ListenerOptions, 'port' | 'deniedPort' | 'isExact' | 'isTriedEverywhere' | 'sockets'>;

export type GatewayOptions = {
  readonly https: PortOptions;
  /** Redirects to HTTPS, but for routes that take plain HTTP; filters see its requests first. */
  readonly http: PortOptions;
  readonly certificates: CertificateSource;
  /** Whose certificate a client gets that names no server. */
  readonly defaultServerName: string;
  readonly activate: Activate;
  readonly findUpstream: (app: AppId, session: GatewaySession) => Upstream | undefined;
  readonly lastLines?: (app: AppId) => readonly string[];
  /**
   * How far a start is; undefined when there is none. With it, a browser that waits for a start longer than a second gets a
   * page that follows it. Without it, every request just waits.
   */
  readonly startOf?: (app: AppId) => StartProgress | undefined;
  /**
   * The URL of a script to add to the HTML pages of an app: CLIENT_SCRIPT_PATH, which does what `publish` says. Undefined
   * for an app whose pages are to stay as they are.
   */
  readonly documentScript?: (app: AppId) => string | undefined;
  readonly filters?: readonly RequestFilter[];
  /** May answer requests whose app is known, before that is started for them. */
  readonly routeFilter?: RouteFilter;
  /** Told of errors nobody expected (a filter that throws); their request is answered with 500. */
  readonly onBug?: (error: unknown) => void;
  /** How long a request waits for its app, in milliseconds; 30 s if not given. */
  readonly coldStartDeadlineMs?: number | ((app: AppId) => number);
  /**
   * How long a request waits, in milliseconds, for an app that is ready and takes no connection: one whose own watcher is
   * starting it anew. Nothing beyond the usual tries if not given.
   */
  readonly connectPatienceMs?: number;
  /** What a CA is shown that looks whether a name leads here. */
  readonly tlsChallenges?: TlsChallenges | undefined;
  /** Which hosts ask their clients for a certificate. Those of other hosts are never asked. */
  readonly clientCertificates?: ClientCertificates;
  /** Load balancers whose connections, to either port, begin with the PROXY protocol. */
  readonly proxyProtocol?: Pick<TrustedProxies, 'has'> | undefined;
  /** Shared by gateways that follow each other; keys of its own if not given. */
  readonly ticketKeys?: TicketKeys;
  readonly limits?: Partial<Limits>;
  readonly timeouts?: Partial<Timeouts>;
  /** Gives an observer to the requests of apps. What pages ask tako itself for is not among them. */
  readonly observe?: Observe;
  /** Told of each request when it is over. */
  readonly onLog?: (session: GatewaySession) => void;
};

export type OpenPort = Pick<Listener, 'port' | 'isDenied'>;

export type Gateway = {
  readonly https: OpenPort;
  readonly http: OpenPort;
  /** Serves a request that came over no connection: one that is sent again. */
  readonly start: StartExchange;
  /** Swaps the whole table at once; requests under way keep the route they have. */
  setRoutes(routes: readonly Route[]): void;
  /** Requests and tunnels of an app that are not finished. */
  inFlight(app: AppId): number;
  /** Of one upstream, which must be the object that `findUpstream` or `activate` gave. */
  inFlightOn(upstream: Upstream): number;
  /** The same as `inFlight`, and when the app was last asked for something. What pages ask tako itself for does not count. */
  activity(app: AppId): AppActivity;
  /**
   * Resolves when no request, stream or tunnel is under way on the upstream, which must be the object that `findUpstream`
   * or `activate` gave. Requests finish; tunnels and event streams, which do not end by themselves, are cut off in the
   * second half of `graceMs`, 250 if not given. New requests are not kept away.
   */
  drain(upstream: Upstream, graceMs?: number): Promise<void>;
  /** As `drain`, for all upstreams at that address, whatever their objects. */
  drainAt(place: Place, graceMs: number): Promise<void>;
  /** Tells the open pages of an app that have its script. */
  publish(app: AppId, event: PageEvent): void;
  /**
   * Opens another way to the apps, for as long as it is wanted: other ports, other names, and none of the gateway's filters.
   * What apps print is not shown there. Throws PORT_IN_USE, PORT_DENIED or the system's error, and leaves nothing open.
   */
  openEntrance(options: EntranceOptions): Promise<Entrance>;
  /**
   * Accepts no more connections and lets those there are end in order: requests finish, kept connections are closed behind
   * their next answer, tunnels and streams are cut one after the other in the second half of `graceMs`. Requests may take
   * up to `requestsMs`, and are cut then. Resolves when none is left.
   */
  retire(graceMs: number, requestsMs: number): Promise<void>;
  close(): Promise<void>;
};

/** Opens the ports and serves until closed. Throws PORT_IN_USE or PORT_DENIED and leaves nothing open. */
export async function createGateway(options: GatewayOptions): Promise<Gateway> {
  let table = createRouteTable([]);
  let httpsPort = options.https.port;
  const pageEvents = createPageEvents();
  const shared = {
    routeFilter: options.routeFilter,
    coldStart: createColdStart({
      activate: options.activate,
      ...(options.coldStartDeadlineMs === undefined ? {} : {deadlineMs: options.coldStartDeadlineMs}),
      onBug: options.onBug,
    }),
    findUpstream: options.findUpstream,
    lastLines: options.lastLines ?? (() => []),
    startOf: options.startOf,
    documentScript: options.documentScript,
    pageEvents,
    connectPatienceMs: options.connectPatienceMs ?? 0,
    observe: options.observe,
    onLog: options.onLog,
  };
  const path = createRequestPath({
    ...shared,
    routes: () => table,
    filters: options.filters ?? [],
    showsOutput: true,
    httpsPort: () => httpsPort,
  });
  const proxyOptions = {limits: options.limits ?? {}, timeouts: options.timeouts ?? {}, onBug: options.onBug};
  const proxy = createProxy(path.phases, proxyOptions);
  const listeners = await openListeners(options, proxy);
  httpsPort = listeners.https.port;
  const entrances = new Set<Entrance>();
  let closed: Promise<void> | undefined;

  async function close(): Promise<void> {
    const portsClosed = [listeners.https, listeners.http, ...entrances].map(part => part.close());
    proxy.close();
    await Promise.all(portsClosed);
  }

  return {
    https: listeners.https,
    http: listeners.http,
    start: proxy.start,
    setRoutes(routes) {
      table = createRouteTable(routes);
    },
    inFlight: app => path.activity.of(app).inFlight,
    inFlightOn: path.activity.ofUpstream,
    activity: path.activity.of,
    drain: path.activity.drain,
    publish: pageEvents.publish,
    drainAt: path.activity.drainAt,
    async openEntrance(entranceOptions) {
      const entrance = await openEntrance(entranceOptions, {
        path: {...shared, activity: path.activity},
        proxy: proxyOptions,
      });
      const close = (): Promise<void> => {
        entrances.delete(entrance);
        return entrance.close();
      };
      entrances.add(entrance);
      return {...entrance, close};
    },
    retire(graceMs, requestsMs) {
      listeners.https.stop();
      listeners.http.stop();
      for (const entrance of entrances) void entrance.close();
      path.activity.retire(graceMs);
      return proxy.drain(graceMs, {requestsMs, arriving: () => listeners.https.count() + listeners.http.count()});
    },
    close: () => (closed ??= close()),
  };
}

type Listeners = {readonly https: Listener; readonly http: Listener};

async function openListeners(options: GatewayOptions, proxy: ReverseProxy): Promise<Listeners> {
  const {proxyProtocol} = options;
  const proxied = (accept: (socket: Socket) => void) =>
    proxyProtocol === undefined ? accept : acceptProxied(proxyProtocol, accept);
  let https: Listener | undefined;
  try {
    const tls = await createTlsServer({...options, onConnection: proxy.acceptSecure});
    https = await openListener({...options.https, onConnection: proxied(tls.accept)});
    const http = await openListener({...options.http, onConnection: proxied(proxy.acceptPlain)});
    return {https, http};
  } catch (error) {
    await https?.close();
    proxy.close();
    throw error;
  }
}
