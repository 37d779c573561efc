import type {IncomingMessage, ServerResponse} from 'node:http';
import {constants, type Http2ServerRequest, type Http2ServerResponse} from 'node:http2';
import type {TLSSocket} from 'node:tls';
import {countHeader} from './headers.js';
import {type Authority, parseAuthority} from './route-syntax.js';

export type DownstreamRequest = IncomingMessage | Http2ServerRequest;
export type DownstreamResponse = ServerResponse | Http2ServerResponse;

/** One request of a client and the answer it gets, whatever HTTP version it speaks. */
export type Exchange = {
  readonly request: DownstreamRequest;
  readonly response: DownstreamResponse;
  readonly method: string;
  /** The request target as sent: path and query. */
  readonly target: string;
  readonly authority: Authority;
  /** The value of Host or `:authority` as sent. */
  readonly hostHeader: string;
  readonly isSecure: boolean;
  readonly clientAddress: string;
  /** Aborted when the client is gone before its answer was complete. */
  readonly signal: AbortSignal;
};

/** Reads the request, or says what is wrong with it. What we are not sure about is refused, never forwarded. */
export function createExchange(
  request: DownstreamRequest,
  response: DownstreamResponse,
): Exchange | {readonly problem: string} {
  const target = request.url ?? '';
  const hostHeader = authorityOf(request);
  const authority = parseAuthority(hostHeader);
  const problem = findTargetProblem(target, request.method) ?? findHostProblem(request) ?? findFramingProblem(request);
  if (problem !== undefined) return {problem};
  if (!authority) return {problem: 'the request has no valid Host'};
  return {
    request,
    response,
    method: request.method ?? 'GET',
    target,
    authority,
    hostHeader,
    isSecure: 'encrypted' in request.socket && (request.socket as TLSSocket).encrypted,
    clientAddress: plainAddress(request.socket.remoteAddress ?? ''),
    signal: abortedOnClose(response),
  };
}

export const isHttp2Request = (request: DownstreamRequest): request is Http2ServerRequest => 'stream' in request;
export const isHttp2Response = (response: DownstreamResponse): response is Http2ServerResponse => 'stream' in response;

/** Ends an answer so that its client can tell it is not complete. */
export function cutOff(response: DownstreamResponse): void {
  // Destroying an HTTP/2 response resets its stream with NO_ERROR, which clients take for a clean end.
  if (isHttp2Response(response)) response.stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  else response.destroy();
}

const authorityOf = (request: DownstreamRequest): string => {
  const authority = request.headers[':authority'];
  return (typeof authority === 'string' ? authority : request.headers.host) ?? '';
};

/** Only the origin form, in printable characters and without a fragment: absolute URLs are for forward proxies. */
function findTargetProblem(target: string, method: string | undefined): string | undefined {
  const isPath = /^\/[\x21\x22\x24-\x7e]*$/.test(target);
  return isPath || (target === '*' && method === 'OPTIONS') ? undefined : 'the request target is not a path';
}

/** Two hosts in one request: we would route by one and the app might read the other. */
function findHostProblem({rawHeaders, headers}: DownstreamRequest): string | undefined {
  if (countHeader(rawHeaders, 'host') > 1) return 'the request has more than one Host header';
  const authority = headers[':authority'];
  return authority !== undefined && headers.host !== undefined && authority !== headers.host
    ? 'the request has a Host header that differs from its :authority'
    : undefined;
}

/** node refuses most of what is ambiguous by itself; these it lets pass. */
function findFramingProblem(request: DownstreamRequest): string | undefined {
  if (isHttp2Request(request)) return undefined;
  if (!/^1\.[01]$/.test(request.httpVersion)) return 'the HTTP version is not 1.0 or 1.1';
  const encoding = request.headers['transfer-encoding'];
  if (encoding === undefined) return undefined;
  if (request.httpVersion === '1.0') return 'HTTP/1.0 knows no Transfer-Encoding';
  return encoding.toLowerCase() === 'chunked' ? undefined : 'the request has a Transfer-Encoding other than chunked';
}

/** An IPv4 client of a dual-stack socket shows as ::ffff:127.0.0.1. */
const plainAddress = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/, '');

function abortedOnClose(response: DownstreamResponse): AbortSignal {
  const controller = new AbortController();
  response.once('close', () => {
    // Not writableFinished: HTTP/2 sets that for a stream that was reset, too.
    if (!response.writableEnded) controller.abort();
  });
  return controller.signal;
}
