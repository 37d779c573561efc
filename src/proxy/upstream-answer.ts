// What an upstream says to a request: interim answers are passed on as they come, then there is one head. Everything that
// can go wrong before that head is an UpstreamError, so that the request path may try again or answer for the app.

import type {ClientRequest, IncomingMessage} from 'node:http';
import type {Socket} from 'node:net';
import {errorCode} from '../system/error.js';
import type {Exchange} from './downstream.js';
import {downstreamResponseHeaders} from './headers.js';

/** The upstream could not be reached or gave no answer to pass on. */
export class UpstreamError extends Error {
  override readonly name = 'UpstreamError';
  readonly retry: Retry;

  constructor(message: string, options: {readonly retry: Retry; readonly cause?: unknown}) {
    super(message, {cause: options.cause});
    this.retry = options.retry;
  }
}

/**
 * Whether sending the request again does no harm. `always`: it never left. `once`: it may have arrived, but is
 * idempotent and complete (RFC 9110, section 9.2.2); once, so that a request that kills an app does not do so for ever.
 */
export type Retry = 'always' | 'once' | 'never';

/** The head of an answer; its body is still to be read. `tunnel` is there after 101, which ends HTTP on the connection. */
export type UpstreamAnswer = {readonly message: IncomingMessage; readonly tunnel?: UpstreamTunnel};

/** `early` is what the upstream sent right behind its head. */
export type UpstreamTunnel = {readonly socket: Socket; readonly early: Buffer};

/** Waits for the head of the answer; gives up when the client leaves. `isRepeatable` judges a lost connection. */
export function answerTo(outgoing: ClientRequest, exchange: Exchange, isRepeatable: boolean): Promise<UpstreamAnswer> {
  const {signal} = exchange;
  const abort = (): void => void outgoing.destroy();
  const answer = new Promise<UpstreamAnswer>((resolve, reject) => {
    const fail = (error: Error): void => reject(upstreamFailure(error, isRepeatable));
    outgoing.once('response', message => resolve({message}));
    outgoing.once('upgrade', (message, socket, early) => resolve({message, tunnel: {socket, early}}));
    outgoing.on('continue', () => passContinue(exchange));
    outgoing.on('information', information => passEarlyHints(information, exchange));
    outgoing.on('error', fail);
    // Without this a connection that ends in an unusual way would leave the request waiting for ever.
    outgoing.once('close', () => fail(new Error('the app gave no answer')));
  });
  signal.addEventListener('abort', abort, {once: true});
  if (signal.aborted) abort();
  return answer.finally(() => signal.removeEventListener('abort', abort));
}

function upstreamFailure(cause: Error, isRepeatable: boolean): UpstreamError {
  return new UpstreamError(describe(cause), {retry: retryAfter(cause, isRepeatable), cause});
}

function retryAfter(failure: Error, isRepeatable: boolean): Retry {
  // Refused is the one failure after which nothing can have arrived.
  if (errorCode(failure) === 'ECONNREFUSED') return 'always';
  return isRepeatable ? 'once' : 'never';
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

/** Only to a client that waits for it: others may take it for the answer. */
function passContinue(exchange: Exchange): void {
  if (exchange.request.headers.expect !== undefined && isUnanswered(exchange)) exchange.response.writeContinue();
}

type Information = {readonly statusCode: number; readonly rawHeaders: string[]};

/** RFC 8297: early hints are advice, so only their Link fields travel on. */
function passEarlyHints({statusCode, rawHeaders}: Information, exchange: Exchange): void {
  const {link} = downstreamResponseHeaders(rawHeaders);
  if (statusCode !== 103 || link === undefined || !isUnanswered(exchange)) return;
  try {
    exchange.response.writeEarlyHints({link});
  } catch {
    // node refuses a Link it cannot parse; an app's advice is not worth its answer.
  }
}

/** Whether an interim answer may still go out. HTTP/1.0 knows none (RFC 9110, section 15.2). */
const isUnanswered = ({request, response, signal}: Exchange): boolean =>
  request.httpVersion !== '1.0' && !response.headersSent && !signal.aborted;
