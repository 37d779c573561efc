// Forwarding one exchange to an upstream over HTTP/1.1.
//
// The narrow place between the gateway and the wire: `forward` takes an exchange and an upstream and resolves when the
// answer is out. Framing is always stated explicitly, because node:http sends the body of a GET or DELETE unframed when
// neither Content-Length nor Transfer-Encoding is given, which a keep-alive upstream would read as a second request.

import {Agent, type ClientRequest, request as openRequest} from 'node:http';
import {type DownstreamRequest, type Exchange, isHttp2Request} from './downstream.js';
import {type ForwardedFacts, flushHead, upstreamRequestHeaders} from './headers.js';
import {sendResponse} from './respond.js';
import type {Upstream} from './upstream.js';
import {answerTo, UpstreamError} from './upstream-answer.js';

export type Forwarder = {
  /** Sends the request and streams the answer. Rejects with UpstreamError while nothing has gone downstream yet. */
  forward(exchange: Exchange, upstream: Upstream): Promise<void>;
  close(): void;
};

/** Shorter than the 5 s after which a Node server closes an idle connection, so that we are the first to let go. */
const IDLE_TIMEOUT_MS = 4_000;
const MAX_IDLE_CONNECTIONS = 256;

/** Methods that may be sent twice: RFC 9110, section 9.2.2. */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);
/** Methods whose request is complete without a word about its body: RFC 9110, section 8.6. */
const USUALLY_WITHOUT_BODY = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'DELETE']);

export function createForwarder(): Forwarder {
  const agent = new Agent({
    keepAlive: true,
    scheduling: 'lifo',
    timeout: IDLE_TIMEOUT_MS,
    maxFreeSockets: MAX_IDLE_CONNECTIONS,
  });
  return {
    async forward(exchange, upstream) {
      const {request, method} = exchange;
      const framing = framingOf(exchange);
      const outgoing = openUpstreamRequest(exchange, upstream, framing, agent);
      try {
        // A connection may end just as it is used, with the app or by itself; a body on its way cannot be sent twice.
        const isRepeatable = !framing.hasBody && IDEMPOTENT.has(method);
        const {message, tunnel} = await answerTo(outgoing, exchange, isRepeatable);
        if (tunnel) {
          tunnel.socket.destroy();
          throw new UpstreamError('the app switched protocols without being asked', {retry: 'never'});
        }
        await sendResponse(message, exchange);
      } finally {
        request.unpipe(outgoing);
        // Answered before it had the whole request: it wants no more of it, and the connection cannot be used again.
        if (!outgoing.writableFinished) outgoing.destroy();
      }
    },
    close: () => agent.destroy(),
  };
}

/** The facts an app needs to build its own URLs. */
export const forwardedFacts = ({hostHeader, clientAddress, isSecure}: Exchange): ForwardedFacts => ({
  host: hostHeader,
  clientAddress,
  protocol: isSecure ? 'https' : 'http',
});

function openUpstreamRequest(
  exchange: Exchange,
  {host, port}: Upstream,
  framing: Framing,
  agent: Agent,
): ClientRequest {
  const {request, method, target} = exchange;
  const headers = [...upstreamRequestHeaders(request.rawHeaders, forwardedFacts(exchange)), ...framing.headers];
  const outgoing = openRequest({host, port, method, path: target, headers, agent, setHost: false});
  // The agent's timeout is for idle connections; an app may think for as long as its client waits.
  outgoing.setTimeout(0);
  if (framing.hasBody) sendBody(request, outgoing);
  else outgoing.end();
  return outgoing;
}

type Framing = {readonly hasBody: boolean; readonly headers: readonly string[]};

/** How the body is delimited upstream: by the client's own length, else by chunks, however the client sent it. */
function framingOf({request, method}: Exchange): Framing {
  const length = request.headers['content-length'];
  if (length !== undefined) return {hasBody: Number(length) > 0, headers: ['Content-Length', length]};
  if (hasUnsizedBody(request)) return {hasBody: true, headers: ['Transfer-Encoding', 'chunked']};
  return {hasBody: false, headers: USUALLY_WITHOUT_BODY.has(method) ? [] : ['Content-Length', '0']};
}

const hasUnsizedBody = (request: DownstreamRequest): boolean =>
  isHttp2Request(request) ? !request.stream.endAfterHeaders : request.headers['transfer-encoding'] !== undefined;

/** Reads the body only once there is a connection: after one that was refused it is still whole for another try. */
function sendBody(request: DownstreamRequest, outgoing: ClientRequest): void {
  flushHead(outgoing);
  const start = (): void => void request.pipe(outgoing);
  outgoing.once('socket', socket => {
    if (socket.connecting) socket.once('connect', start);
    else start();
  });
}
