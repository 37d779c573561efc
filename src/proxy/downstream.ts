import type {IncomingMessage, ServerResponse} from 'node:http';
import type {Http2ServerRequest, Http2ServerResponse} from 'node:http2';
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
  /** Aborted when the client is gone before it had its answer. */
  readonly signal: AbortSignal;
};

/** Reads the request, or says what is wrong with it. */
export function createExchange(
  request: DownstreamRequest,
  response: DownstreamResponse,
): Exchange | {readonly problem: string} {
  const target = request.url ?? '';
  if (!target.startsWith('/') && !(target === '*' && request.method === 'OPTIONS')) {
    return {problem: 'the request target is not a path'};
  }
  if (countHeader(request.rawHeaders, 'host') > 1) return {problem: 'the request has more than one Host header'};
  const hostHeader = authorityOf(request);
  const authority = parseAuthority(hostHeader);
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

const authorityOf = (request: DownstreamRequest): string => {
  const authority = request.headers[':authority'];
  return (typeof authority === 'string' ? authority : request.headers.host) ?? '';
};

/** An IPv4 client of a dual-stack socket shows as ::ffff:127.0.0.1. */
const plainAddress = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/, '');

function abortedOnClose(response: DownstreamResponse): AbortSignal {
  const controller = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) controller.abort();
  });
  return controller.signal;
}
