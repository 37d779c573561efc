// What the HTTP/2 tests share: the engine behind a TLS port that speaks HTTP/2 only, and clients of it. All of it closes
// when the test that asked for it is over.

import assert from 'node:assert/strict';
import {once} from 'node:events';
import {type ClientHttp2Session, connect as connectHttp2} from 'node:http2';
import type {AddressInfo, Socket} from 'node:net';
import {connect as connectTls, createSecureContext, createServer} from 'node:tls';
import {onTestFinished} from 'vitest';
import type {StartExchange} from '../../../src/proxy/client-side.js';
import {Exchange} from '../../../src/proxy/exchange.js';
import {NOT_UPSTREAM} from '../../../src/proxy/field-kinds.js';
import {addedFieldsFor} from '../../../src/proxy/forwarded.js';
import {createHttp1Pool} from '../../../src/proxy/http1/upstream-pool.js';
import {createHttp2, type Http2} from '../../../src/proxy/http2/client-sessions.js';
import {createHttp2Pool} from '../../../src/proxy/http2/upstream-sessions.js';
import {DEFAULT_LIMITS, DEFAULT_TIMEOUTS, type Limits, type Timeouts} from '../../../src/proxy/limits.js';
import type {Phases} from '../../../src/proxy/phases.js';
import type {Outcome} from '../../../src/proxy/session.js';
import {createSweep, type Sweep} from '../../../src/proxy/sweep.js';
import {createTunnels} from '../../../src/proxy/tunnel.js';
import type {Upstream, UpstreamPool} from '../../../src/proxy/upstream.js';
import {UpstreamRequest} from '../../../src/proxy/upstream-request.js';
import {certificate, HOST} from '../harness.js';

/** The engine's clock goes this much faster in tests that wait for timeouts. */
const SWEEP_MS = 20;

export type Shared = {readonly limits: Limits; readonly timeouts: Timeouts; readonly sweep: Sweep};

export type EngineOptions = {
  readonly upstream?: Upstream;
  readonly phases?: Partial<Phases>;
  readonly limits?: Partial<Limits>;
  readonly timeouts?: Partial<Timeouts>;
  /** Answers instead of the engine. */
  readonly start?: StartExchange;
};

export type Engine = {
  readonly port: number;
  readonly http2: Http2;
  /** How the exchanges ended, in order. */
  readonly outcomes: readonly (Outcome | undefined)[];
  /** Statuses of requests that were refused before they were one. */
  readonly refused: readonly number[];
  inFlight(): number;
};

/** Limits, timeouts and a fast clock. */
export function shared({limits, timeouts}: Pick<EngineOptions, 'limits' | 'timeouts'> = {}): Shared {
  const sweep = createSweep({now: () => Date.now()}, SWEEP_MS);
  onTestFinished(() => sweep.close());
  return {limits: {...DEFAULT_LIMITS, ...limits}, timeouts: {...DEFAULT_TIMEOUTS, ...timeouts}, sweep};
}

/** An engine on a free port. The test fails when a bug shows in it. */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  const common = shared(options);
  const outcomes: (Outcome | undefined)[] = [];
  const refused: number[] = [];
  const exchanges = startExchanges(options, common, outcomes);
  const http2 = createHttp2({
    ...common,
    start: options.start ?? exchanges.start,
    onRefused: ({status}) => refused.push(status),
  });
  const port = await listen(socket => http2.accept(socket));
  onTestFinished(() => {
    http2.close();
    exchanges.close();
  });
  return {port, http2, outcomes, refused, inFlight: exchanges.inFlight};
}

function startExchanges(
  {upstream, phases}: EngineOptions,
  common: Shared,
  outcomes: (Outcome | undefined)[],
): {readonly start: StartExchange; inFlight(): number; close(): void} {
  const pool = createPool(common);
  const tunnels = createTunnels();
  const bugs: unknown[] = [];
  const open = new Set<unknown>();
  const host = {
    phases: {upstreamPeer: () => upstream ?? {host: '127.0.0.1', port: 1}, ...phases},
    pool,
    tunnels,
    toUpstream: ({request, client, upgrade}: Exchange<undefined>) =>
      new UpstreamRequest(request, {upgrade, dropped: NOT_UPSTREAM, added: addedFieldsFor(client, request)}),
    onStart: (exchange: Exchange<undefined>) => void open.add(exchange),
    onFinish: (exchange: Exchange<undefined>) => {
      open.delete(exchange);
      outcomes.push(exchange.outcome);
    },
    onBug: (error: unknown) => void bugs.push(error),
  };
  return {
    start: side => new Exchange(host, side).start(),
    inFlight: () => open.size,
    close() {
      tunnels.close();
      pool.close();
      assert.deepEqual(bugs, []);
    },
  };
}

/** Upstreams of both protocols. */
function createPool(common: Shared): UpstreamPool {
  const http1 = createHttp1Pool(common);
  const http2 = createHttp2Pool(common);
  return {
    connect: (upstream, ...rest) => (upstream.protocol === 'h2c' ? http2 : http1).connect(upstream, ...rest),
    close() {
      http1.close();
      http2.close();
    },
  };
}

/** A TLS port on the loopback that agrees on HTTP/2. */
export async function listen(onConnection: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer({...certificate, ALPNProtocols: ['h2']}, socket => {
    sockets.add(socket);
    onConnection(socket);
  });
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1', 4_096);
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
}

const secureContext = createSecureContext({ca: certificate.cert});

/** A TLS connection that agreed on HTTP/2. */
export const openTls = (port: number): ReturnType<typeof connectTls> =>
  connectTls({host: '127.0.0.1', port, servername: HOST, secureContext, ALPNProtocols: ['h2']});

/** An HTTP/2 connection to the engine. */
export function openSession({port}: {readonly port: number}, settings: object = {}): ClientHttp2Session {
  const session = connectHttp2(`https://${HOST}`, {createConnection: () => openTls(port), settings});
  session.on('error', () => undefined);
  onTestFinished(() => session.destroy());
  return session;
}
