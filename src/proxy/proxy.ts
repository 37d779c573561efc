// A proxy: connections in, exchanges through the phases, connections out. `createProxy` is what `tako.sh/proxy` is for, and
// what tako's own gateway is made with.

import type {Socket} from 'node:net';
import type {TLSSocket} from 'node:tls';
import {systemClock} from '../system/clock.js';
import {findAuthority} from './authority.js';
import type {ClientConnection, ClientSide, StartExchange} from './client-side.js';
import {Exchange, type ExchangeHost} from './exchange.js';
import {NOT_UPSTREAM} from './field-kinds.js';
import {addedFieldsFor, isLoop} from './forwarded.js';
import {Http1ClientConnection, type Http1Host} from './http1/client-connection.js';
import {HeadParser} from './http1/head-parser.js';
import {LOOP, OTHER_POLICY, type Refusal} from './http1/refusal.js';
import {createHttp1Pool, type PoolOptions} from './http1/upstream-pool.js';
import {createHttp2} from './http2/client-sessions.js';
import {createHttp2Pool} from './http2/upstream-sessions.js';
import {DEFAULT_LIMITS, DEFAULT_TIMEOUTS, type Limits, type Timeouts} from './limits.js';
import type {Phases} from './phases.js';
import {createSweep} from './sweep.js';
import {isServedOn} from './tls/client-certificates.js';
import type {TrustedProxies} from './trusted-proxies.js';
import {createTunnels} from './tunnel.js';
import type {Upstream, UpstreamPool} from './upstream.js';
import {UpstreamRequest} from './upstream-request.js';

export type ProxyOptions = {
  readonly limits?: Partial<Limits>;
  readonly timeouts?: Partial<Timeouts>;
  /**
   * Told of what a phase threw that is neither a failure of an upstream nor a TakoError; its request is answered with 500,
   * or cut off. Printed on stderr if not given.
   */
  readonly onBug?: ((error: unknown) => void) | undefined;
  /** Proxies in front, whose word about the client is taken; nobody's if not given. */
  readonly trustedProxies?: TrustedProxies | undefined;
  /** Told of requests that were refused before they were understood; no phase sees them. */
  readonly onRefused?: ((refused: Refusal, client: ClientConnection) => void) | undefined;
};

export type ReverseProxy = {
  /** Serves HTTP/1.1 on a plain connection. */
  acceptPlain(socket: Socket): void;
  /** Serves what the handshake agreed on (ALPN): HTTP/2, or else HTTP/1.1. */
  acceptSecure(socket: TLSSocket): void;
  /** Serves a request that came over no connection. */
  readonly start: StartExchange;
  /** Requests and tunnels that are not over. */
  readonly inFlight: number;
  /**
   * Lets every connection end in order: no connection is kept, tunnels get up to `graceMs`, and what is left then is cut.
   * Whoever accepts connections stops before. Resolves when nothing is left.
   */
  drain(graceMs: number, more?: DrainOptions): Promise<void>;
  /** Cuts everything off. */
  close(): void;
};

export type DrainOptions = {
  /** How long requests may take that are under way, in milliseconds; `graceMs` if not given. */
  readonly requestsMs?: number;
  /** Connections that were accepted and are still to come here, or not: those in a handshake. 0 if not given. */
  readonly arriving?: () => number;
};

/** Idle connections are closed this long after a drain began: a request may be on its way on one. */
const IDLE_DRAIN_MS = 2_000;
const DRAIN_CHECK_MS = 50;

/** Creates a proxy from its phases. It opens no port: give it the connections that a listener accepts. */
export function createProxy<Context = undefined>(phases: Phases<Context>, options: ProxyOptions = {}): ReverseProxy {
  const limits = {...DEFAULT_LIMITS, ...options.limits};
  const timeouts = {...DEFAULT_TIMEOUTS, ...options.timeouts};
  const {trustedProxies} = options;
  const sweep = createSweep(systemClock);
  const tunnels = createTunnels();
  const pool = createPool({limits, timeouts, sweep});
  const connections = new Set<Http1ClientConnection>();
  let inFlight = 0;
  let isDraining = false;

  const exchangeHost: ExchangeHost<Context> = {
    phases,
    pool,
    tunnels,
    toUpstream: ({request, client, upgrade}) =>
      new UpstreamRequest(request, {upgrade, dropped: NOT_UPSTREAM, added: addedFieldsFor(client, request)}),
    onStart() {
      inFlight += 1;
    },
    onFinish() {
      inFlight -= 1;
    },
    onBug: options.onBug ?? printBug,
  };

  function start(side: ClientSide): void {
    const exchange = new Exchange(exchangeHost, side);
    const {request, client} = side;
    if (trustedProxies !== undefined) exchange.client = trustedProxies.clientOf(client, request) ?? client;
    if (isLoop(request)) exchange.refuse(LOOP);
    else if (client.tls !== undefined && !isServedOn(client.tls, findAuthority(request.host)?.host ?? '')) {
      exchange.refuse(OTHER_POLICY);
    } else exchange.start();
  }

  const http1: Http1Host = {
    start,
    limits,
    timeouts,
    sweep,
    parser: new HeadParser({fields: limits.requestFields, targetBytes: limits.targetBytes}),
    get isDraining() {
      return isDraining;
    },
    onRefused: options.onRefused ?? (() => undefined),
    onClose: connection => void connections.delete(connection),
  };

  const http2 = createHttp2({start, limits, timeouts, sweep, onRefused: http1.onRefused});

  function acceptHttp1(socket: Socket): void {
    connections.add(new Http1ClientConnection(socket, http1));
  }

  function close(): void {
    tunnels.close();
    for (const connection of connections) connection.destroy();
    http2.close();
    pool.close();
    sweep.close();
  }

  return {
    acceptPlain: acceptHttp1,
    start,
    acceptSecure: socket => (socket.alpnProtocol === 'h2' ? http2.accept(socket) : acceptHttp1(socket)),
    get inFlight() {
      return inFlight;
    },
    async drain(graceMs, {requestsMs = graceMs, arriving = () => 0} = {}) {
      isDraining = true;
      http2.drain();
      tunnels.drain(graceMs);
      const start = Date.now();
      const longestMs = Math.max(graceMs, requestsMs);
      while (connections.size + http2.count + tunnels.count + arriving() > 0 && Date.now() - start < longestMs) {
        if (Date.now() - start >= Math.min(IDLE_DRAIN_MS, graceMs / 2)) {
          for (const connection of connections) connection.drain();
        }
        await new Promise(resolve => setTimeout(resolve, DRAIN_CHECK_MS));
      }
      close();
    },
    close,
  };
}

function printBug(error: unknown): void {
  process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
}

function createPool(options: PoolOptions): UpstreamPool {
  const http1 = createHttp1Pool(options);
  const http2 = createHttp2Pool(options);
  const poolOf = ({protocol}: Upstream): UpstreamPool => (protocol === 'h2c' ? http2 : http1);
  return {
    connect: (upstream, receiver, wanted) => poolOf(upstream).connect(upstream, receiver, wanted),
    close() {
      http1.close();
      http2.close();
    },
  };
}
