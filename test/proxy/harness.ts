// What the gateway's tests share: a gateway on free ports, tiny upstreams in this process, and clients of every kind. All
// of it closes when the test that asked for it is over.

import assert from 'node:assert/strict';
import {once} from 'node:events';
import {createServer, type IncomingHttpHeaders, type RequestListener, type Server} from 'node:http';
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect as connectHttp2,
  type IncomingHttpHeaders as Http2Headers,
  type OutgoingHttpHeaders as OutgoingHttp2Headers,
} from 'node:http2';
import {request as openHttpsRequest, type RequestOptions} from 'node:https';
import {
  type AddressInfo,
  BoundSocket,
  connect as connectNet,
  createServer as createNetServer,
  type Server as NetServer,
  type Socket,
} from 'node:net';
import {connect as connectTls, createSecureContext, type TLSSocket} from 'node:tls';
import {onTestFinished} from 'vitest';
import {type ClientOptions, WebSocket} from 'ws';
import {createGateway, type Gateway, type GatewayOptions} from '../../src/proxy/gateway.js';
import {parseRoute} from '../../src/proxy/route-syntax.js';
import type {Route} from '../../src/proxy/route-table.js';
import type {Upstream} from '../../src/proxy/upstream.js';
import {createTestCertificate} from '../helpers/certificates.js';
import {eventually} from '../helpers/eventually.js';

export const APP = 'app';
export const HOST = 'app.test';

/** Covers every name the tests use; its own root. */
export const certificate = createTestCertificate(HOST, '*.app.test', 'api.test', 'localhost', '127.0.0.1');

/** Made once: a context per connection costs more than its handshake. */
const secureContext = createSecureContext({ca: certificate.cert});
const trust = {servername: HOST, secureContext};

/** `route('api.test/v1/*', 'api')` */
export function route(text: string, app: string = APP): Route {
  const parsed = parseRoute(text);
  if (!parsed.ok) throw new Error(parsed.problem);
  return {...parsed.route, app};
}

export type TestGatewayOptions = Partial<GatewayOptions> & {
  readonly routes?: readonly Route[];
  /** Where the app is ready; without it the app must be activated. */
  readonly upstream?: Upstream;
};

/** A gateway that routes app.test to the app, and fails the test when a bug shows in it. */
export async function startGateway({routes, upstream, ...options}: TestGatewayOptions = {}): Promise<Gateway> {
  const bugs: unknown[] = [];
  const gateway = await createGateway({
    https: {port: 0},
    http: {port: 0},
    certificates: {
      certificateFor: async name => (/(^|\.)(app|api)\.test$|^localhost$/.test(name) ? certificate : undefined),
    },
    defaultServerName: 'localhost',
    activate: async () => {
      throw new Error('this app is not meant to be activated');
    },
    findUpstream: () => upstream,
    onBug: error => bugs.push(error),
    ...options,
  });
  gateway.setRoutes(routes ?? [route(HOST)]);
  onTestFinished(async () => {
    await gateway.close();
    assert.deepEqual(bugs, []);
  });
  return gateway;
}

/** An app: a plain HTTP server in this process. */
export async function startUpstream(handler: RequestListener): Promise<Upstream & {readonly server: Server}> {
  const server = createServer(handler);
  await listen(server);
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return {...addressOf(server), server};
}

/** An app that speaks in bytes. `received` is all that came, on all connections. */
export async function startRawUpstream(
  onConnection: (socket: Socket) => void,
): Promise<Upstream & {received(): string; connections(): number; close(): Promise<void>}> {
  const chunks: Buffer[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createNetServer(socket => {
    connections += 1;
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', chunk => chunks.push(chunk));
    onConnection(socket);
  });
  await listen(server);
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    await new Promise(resolve => server.close(resolve));
  };
  onTestFinished(close);
  return {
    ...addressOf(server),
    received: () => Buffer.concat(chunks).toString('latin1'),
    connections: () => connections,
    close,
  };
}

/** Connections that wait for a process with other work are kept: beyond node's 511 the system would drop them. */
async function listen(server: NetServer): Promise<void> {
  server.listen({port: 0, host: '127.0.0.1', backlog: 4_096});
  await once(server, 'listening');
}

const addressOf = (server: {address(): AddressInfo | string | null}): Upstream => ({
  host: '127.0.0.1',
  port: (server.address() as AddressInfo).port,
});

/** A port of the loopback that refuses connections, and that nobody else can take while the test runs. */
export function holdRefusingPort(): number {
  const held = new BoundSocket({host: '127.0.0.1', port: 0});
  onTestFinished(() => held.close());
  return held.address().port;
}

/** A port of the loopback that was free a moment ago. */
export async function findClosedPort(): Promise<number> {
  const server = createNetServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const {port} = server.address() as AddressInfo;
  await new Promise(resolve => server.close(resolve));
  return port;
}

export type Answer = {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly body: string;
  readonly trailers: NodeJS.Dict<string>;
};

export type FetchOptions = RequestOptions & {readonly body?: string | Buffer};

/** One request over HTTP/1.1 and TLS on a connection of its own. Rejects when the answer breaks off. */
export function fetchHttp1(gateway: Gateway, {body, ...options}: FetchOptions = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = openHttpsRequest(http1Options(gateway, options), response => {
      const chunks: Buffer[] = [];
      response.on('data', chunk => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          rawHeaders: response.rawHeaders,
          body: Buffer.concat(chunks).toString(),
          trailers: response.trailers,
        }),
      );
    });
    request.on('error', reject);
    request.end(body);
  });
}

/** Options of node:https for a request to the gateway. */
export const http1Options = ({https}: Gateway, {headers, ...options}: RequestOptions = {}): RequestOptions => ({
  host: '127.0.0.1',
  port: https.port,
  ...trust,
  agent: false,
  headers: {host: HOST, ...(headers as Record<string, string>)},
  ...options,
});

/** A WebSocket of the protocol `chat` to `/socket?x=1`. */
export function openWebSocket({https}: Gateway, headers: Record<string, string> = {}): WebSocket {
  const options: ClientOptions = {...trust, headers: {host: HOST, ...headers}};
  const socket = new WebSocket(`wss://127.0.0.1:${https.port}/socket?x=1`, ['chat'], options);
  onTestFinished(() => socket.terminate());
  return socket;
}

/** An HTTP/2 connection to the gateway. */
export function openHttp2({https}: Gateway, host = HOST): ClientHttp2Session {
  const session = connectHttp2(`https://${host}:${https.port}`, {
    createConnection: () =>
      connectTls({host: '127.0.0.1', port: https.port, servername: host, secureContext, ALPNProtocols: ['h2']}),
  });
  session.on('error', () => undefined);
  onTestFinished(() => session.destroy());
  return session;
}

export type Http2Answer = {
  readonly status: number;
  readonly headers: Http2Headers;
  readonly body: string;
  readonly trailers: Http2Headers;
};

/** One request on an HTTP/2 connection. Rejects when the stream is reset. */
export function fetchHttp2(
  session: ClientHttp2Session,
  headers: OutgoingHttp2Headers = {},
  body?: string | Buffer,
): Promise<Http2Answer> {
  const stream = session.request({':path': '/', ':authority': HOST, ...headers}, {endStream: body === undefined});
  if (body !== undefined) stream.end(body);
  return readHttp2(stream);
}

/** Reads the answer of a stream. Rejects unless it ends cleanly. */
export function readHttp2(stream: ClientHttp2Stream): Promise<Http2Answer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let head: Http2Headers = {};
    let trailers: Http2Headers = {};
    stream.on('response', headers => {
      head = headers;
    });
    stream.on('trailers', headers => {
      trailers = headers;
    });
    stream.on('data', chunk => chunks.push(chunk));
    stream.on('error', reject);
    stream.on('close', () => {
      if (stream.rstCode !== 0) reject(new Error(`reset with code ${stream.rstCode}`));
      else resolve({status: Number(head[':status']), headers: head, body: Buffer.concat(chunks).toString(), trailers});
    });
  });
}

/** A bare TLS connection, for what no client library would send. */
export async function openTls({https}: Gateway, protocols = ['http/1.1']): Promise<TLSSocket> {
  const socket = connectTls({
    host: '127.0.0.1',
    port: https.port,
    ...trust,
    ALPNProtocols: protocols,
  });
  closeAfterTest(socket);
  await once(socket, 'secureConnect');
  return socket;
}

/** A bare connection to a port of the gateway. */
export async function openTcp(port: number, host = '127.0.0.1'): Promise<Socket> {
  const socket = connectNet(port, host);
  closeAfterTest(socket);
  await once(socket, 'connect');
  return socket;
}

function closeAfterTest(socket: Socket): void {
  socket.setNoDelay(true);
  socket.on('error', () => undefined);
  onTestFinished(() => void socket.destroy());
}

/** All that comes until the other side closes. */
export async function readAll(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on('data', chunk => chunks.push(chunk));
  socket.resume();
  if (!socket.closed) await new Promise(resolve => socket.once('close', resolve));
  return Buffer.concat(chunks).toString('latin1');
}

/** Reads until the text has come; rejects when the connection closes before. The rest stays unread. */
export function readUntil(socket: Socket, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = '';
    const onClose = (): void => reject(new Error(`closed after ${JSON.stringify(received)}`));
    const onData = (chunk: Buffer): void => {
      received += chunk.toString('latin1');
      if (!received.includes(text)) return;
      socket.off('data', onData);
      socket.off('close', onClose);
      socket.pause();
      resolve(received);
    };
    socket.on('data', onData);
    socket.once('close', onClose);
    socket.resume();
  });
}

/** Waits until nothing of the app is under way. */
export const untilIdle = (gateway: Gateway, app = APP): Promise<void> =>
  eventually(() => assert.equal(gateway.inFlight(app), 0), {everyMs: 5});
