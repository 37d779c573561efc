// Forwarding one exchange to an upstream over HTTP/1.1.
//
// The narrow place between the gateway and the wire: `forward` takes an exchange and an upstream and resolves when the
// answer is out. Framing is always stated explicitly, because node:http sends the body of a GET or DELETE unframed when
// neither Content-Length nor Transfer-Encoding is given, which a keep-alive upstream would read as a second request.

import {Agent, type ClientRequest, type IncomingMessage, request as openRequest} from 'node:http';
import type {Http2ServerRequest} from 'node:http2';
import {pipeline} from 'node:stream/promises';
import {errorCode} from '../system/error.js';
import type {DownstreamResponse, Exchange} from './downstream.js';
import {downstreamResponseHeaders, type ForwardedFacts, upstreamRequestHeaders} from './headers.js';
import type {Upstream} from './upstream.js';

/** The upstream could not be reached or answered nothing; `isRetryable` when it cannot have acted on the request. */
export class UpstreamError extends Error {
  override readonly name = 'UpstreamError';

  constructor(
    message: string,
    readonly isRetryable: boolean,
    cause: unknown,
  ) {
    super(message, {cause});
  }
}

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

export function createForwarder(): Forwarder {
  const agent = new Agent({
    keepAlive: true,
    scheduling: 'lifo',
    timeout: IDLE_TIMEOUT_MS,
    maxFreeSockets: MAX_IDLE_CONNECTIONS,
  });
  return {
    async forward(exchange, upstream) {
      const sent = sendRequest(exchange, upstream, agent);
      try {
        const answer = await answerTo(sent, exchange);
        await sendResponse(answer, exchange);
      } finally {
        exchange.signal.removeEventListener('abort', sent.abort);
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

type SentRequest = {readonly outgoing: ClientRequest; readonly hasBody: boolean; readonly abort: () => void};

function sendRequest(exchange: Exchange, {host, port}: Upstream, agent: Agent): SentRequest {
  const {request, method, target, signal} = exchange;
  const framing = framingOf(exchange);
  const headers = [...upstreamRequestHeaders(request.rawHeaders, forwardedFacts(exchange)), ...framing];
  const outgoing = openRequest({host, port, method, path: target, headers, agent, setHost: false});
  // The agent's timeout is for idle connections; an app may think for as long as its client waits.
  outgoing.setTimeout(0);
  const abort = (): void => void outgoing.destroy();
  signal.addEventListener('abort', abort, {once: true});
  const hasBody = framing.length > 0 || hasContentLength(exchange);
  if (hasBody) {
    outgoing.flushHeaders();
    // A failure on either side shows as an error of `outgoing` or a closed client; both are handled there.
    pipeline(request, outgoing).catch(() => undefined);
  } else {
    outgoing.end();
  }
  return {outgoing, hasBody, abort};
}

/** How the body is delimited upstream, where the client's own Content-Length does not say it. */
function framingOf(exchange: Exchange): string[] {
  if (hasContentLength(exchange)) return [];
  const {request} = exchange;
  const hasBody =
    request.httpVersionMajor === 2
      ? !(request as Http2ServerRequest).stream.endAfterHeaders
      : request.headers['transfer-encoding'] !== undefined;
  return hasBody ? ['Transfer-Encoding', 'chunked'] : [];
}

const hasContentLength = ({request}: Exchange): boolean => request.headers['content-length'] !== undefined;

function answerTo({outgoing, hasBody}: SentRequest, {response, method}: Exchange): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    outgoing.once('response', resolve);
    outgoing.once('continue', () => response.writeContinue());
    outgoing.on('information', information => passEarlyHints(information, response));
    outgoing.on('error', error => {
      const isStale = outgoing.reusedSocket && IDEMPOTENT.has(method);
      reject(upstreamFailure(error, isStale && !hasBody, !hasBody));
    });
  });
}

/** `isRepeatable` when the request may be sent again even though it may have arrived. */
export function upstreamFailure(error: Error, isRepeatable: boolean, isReplayable = true): UpstreamError {
  const isUnsent = errorCode(error) === 'ECONNREFUSED';
  return new UpstreamError(describe(error), isRepeatable || (isUnsent && isReplayable), error);
}

function describe(error: Error): string {
  switch (errorCode(error)) {
    case 'ECONNREFUSED':
      return 'nothing listens on the port the app reported';
    case 'ECONNRESET':
      return 'the app closed the connection without an answer';
    default:
      return error.message;
  }
}

type Information = {readonly statusCode: number; readonly rawHeaders: string[]};

/** RFC 8297: early hints are advice, so only their Link fields travel on. */
function passEarlyHints({statusCode, rawHeaders}: Information, response: DownstreamResponse): void {
  if (statusCode !== 103) return;
  const link = downstreamResponseHeaders(rawHeaders).link;
  if (link !== undefined) response.writeEarlyHints({link});
}

/** Streams the upstream's answer; cuts the connection when the upstream breaks off, so that it never looks complete. */
export async function sendResponse(answer: IncomingMessage, {response, signal}: Exchange): Promise<void> {
  if (signal.aborted) {
    answer.destroy();
    return;
  }
  try {
    writeHead(answer, response);
    // HEAD, 204 and 304 have no body; a stream without data ends by itself.
    await pipeline(answer, response, {end: false});
    if (Object.keys(answer.trailers).length > 0) response.addTrailers(answer.trailers as Record<string, string>);
    response.end();
  } catch {
    // The head is out: cutting the answer off is the only honest way to say that it is not complete.
    answer.destroy();
    response.destroy();
  }
}

function writeHead(answer: IncomingMessage, response: DownstreamResponse): void {
  const headers = downstreamResponseHeaders(answer.rawHeaders);
  const statusCode = answer.statusCode ?? 502;
  if ('stream' in response) {
    response.writeHead(statusCode, headers);
  } else {
    response.writeHead(statusCode, answer.statusMessage ?? '', headers);
    // A stream of events may say nothing for a long time; its client must still learn that it is connected.
    response.flushHeaders();
  }
}
