import {
  createServer as createHttpServer,
  type Server as HttpServer,
  type IncomingMessage,
  ServerResponse,
} from 'node:http';
import {createServer as createHttp2Server, type Http2Server, type ServerHttp2Session} from 'node:http2';
import type {Socket} from 'node:net';
import type {DownstreamRequest, DownstreamResponse} from './downstream.js';
import {isWebSocketUpgrade} from './headers.js';

export type ProtocolHandlers = {
  onRequest(request: DownstreamRequest, response: DownstreamResponse): void;
  onUpgrade(request: IncomingMessage, response: ServerResponse, socket: Socket, head: Buffer): void;
};

/** HTTP/1.1 and HTTP/2 on connections that somebody else accepted. */
export type ProtocolServers = {
  acceptHttp1(socket: Socket): void;
  acceptHttp2(socket: Socket): void;
  close(): void;
};

/** A head is sent in one go; RFC-sized heads fit many times over. */
const MAX_HEAD_BYTES = 64 * 1024;
const HEAD_TIMEOUT_MS = 10_000;
/** Longer than browsers keep an idle connection, so that they let go first. */
const KEEP_ALIVE_TIMEOUT_MS = 75_000;
const TIMEOUT_CHECK_MS = 2_000;
const MAX_CONCURRENT_STREAMS = 128;
/** Hot reload cancels requests in bursts; Node's own limit of 1,000 resets would close the connection in a day's work. */
const STREAM_RESET_BURST = 10_000;
const STREAM_RESETS_PER_SECOND = 100;

export function createProtocolServers(handlers: ProtocolHandlers): ProtocolServers {
  const http1 = createHttp1Server(handlers);
  const sessions = new Set<ServerHttp2Session>();
  const http2 = createHttp2(handlers, sessions);
  return {
    acceptHttp1: socket => void http1.emit('connection', socket),
    acceptHttp2: socket => void http2.emit('connection', socket),
    close() {
      for (const session of sessions) session.destroy();
      http1.close();
      http1.closeAllConnections();
    },
  };
}

function createHttp1Server({onRequest, onUpgrade}: ProtocolHandlers): HttpServer {
  const server = createHttpServer({
    headersTimeout: HEAD_TIMEOUT_MS,
    // An upload may take as long as it takes; only the head is on the clock.
    requestTimeout: 0,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    connectionsCheckingInterval: TIMEOUT_CHECK_MS,
    maxHeaderSize: MAX_HEAD_BYTES,
    // Any other upgrade is an ordinary request, as HTTP allows.
    shouldUpgradeCallback: isWebSocketUpgrade,
  });
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    // node drops what comes in the same packet behind an upgrade it ignores: nothing after it can be relied on.
    if (request.headers.upgrade !== undefined) response.shouldKeepAlive = false;
    onRequest(request, response);
  };
  server.on('request', handle);
  // Expect: 100-continue goes upstream; the app's own 100 is what lets the client send.
  server.on('checkContinue', handle);
  server.on('upgrade', (request, socket, head) => {
    const response = responseOn(request, socket as Socket);
    if (response && isWebSocketUpgrade(request)) onUpgrade(request, response, socket as Socket, head);
    // Older lines of node know no shouldUpgradeCallback; a body would be lost here, so the request is not served.
    else socket.destroy();
  });
  server.on('connect', (request, socket) => {
    const response = responseOn(request, socket as Socket);
    if (response) onRequest(request, response);
  });
  // It never listens itself, and only this event makes node start its timeout checks.
  server.emit('listening');
  return server;
}

/**
 * A response on a socket that node has let go of, so that a refused upgrade is answered like any request. When the socket
 * still carries the answer to an earlier, pipelined request, it is closed instead.
 */
function responseOn(request: IncomingMessage, socket: Socket): ServerResponse | undefined {
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  try {
    response.assignSocket(socket);
  } catch {
    socket.destroy();
    return undefined;
  }
  response.once('finish', () => socket.destroySoon());
  return response;
}

function createHttp2({onRequest}: ProtocolHandlers, sessions: Set<ServerHttp2Session>): Http2Server {
  const server = createHttp2Server({
    settings: {maxConcurrentStreams: MAX_CONCURRENT_STREAMS, maxHeaderListSize: MAX_HEAD_BYTES},
    streamResetBurst: STREAM_RESET_BURST,
    streamResetRate: STREAM_RESETS_PER_SECOND,
    // What an app repeats (a header set by two middlewares) is passed on as HTTP/1.1 would.
    strictSingleValueFields: false,
  });
  server.on('session', session => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
    session.on('error', () => session.destroy());
  });
  server.on('request', onRequest);
  server.on('checkContinue', onRequest);
  server.on('stream', stream => stream.on('error', () => undefined));
  return server;
}
