// One request on an HTTP/2 connection, and the way back to its client.
//
// A small answer is two calls into node:http2: head and last chunk are held back until it is known what follows, so that
// HEADERS and a DATA frame with END_STREAM leave together. Listeners are shared by all streams and find theirs by `this`;
// those that a stream may not need are attached when it does.

import {constants, type ServerHttp2Stream} from 'node:http2';
import type {
  ClientConnection,
  ClientReceiver,
  ClientSide,
  ClientTunnel,
  RequestHead,
  ResponseHead,
} from '../client-side.js';
import {NOT_DOWNSTREAM} from '../field-kinds.js';
import type {HeaderFields} from '../header-fields.js';
import type {Timeouts} from '../limits.js';
import {mayHaveBody} from '../methods.js';
import type {Sweep} from '../sweep.js';
import {cutStream} from './cut-stream.js';
import {toHeaderFields, toHeadersObject, toTrailers} from './field-lists.js';
import {Pace} from './pace.js';
import type {Http2Request} from './request-head.js';

/** What a stream needs of its connection. */
export type StreamHost = {
  readonly timeouts: Timeouts;
  readonly time: Pick<Sweep, 'now'>;
  onStreamClose(stream: ClientStream): void;
};

const {NGHTTP2_INTERNAL_ERROR, NGHTTP2_NO_ERROR, NGHTTP2_PROTOCOL_ERROR} = constants;
const {HTTP_STATUS_CONTINUE, HTTP_STATUS_SWITCHING_PROTOCOLS, HTTP_STATUS_NO_CONTENT} = constants;

const NO_BODY = {endStream: true} as const;
const WITH_TRAILERS = {waitForTrailers: true} as const;
const WITHOUT_TRAILERS = {} as const;

const SIDE = Symbol('ClientStream');
type OwnedStream = ServerHttp2Stream & {[SIDE]: ClientStream};

export class ClientStream implements ClientSide {
  readonly request: RequestHead;
  readonly client: ClientConnection;
  readonly hasBody: boolean;
  readonly contentLength: number;
  readonly expectsContinue: boolean;
  readonly upgrade: string | undefined;

  readonly #stream: ServerHttp2Stream;
  readonly #host: StreamHost;
  readonly #takesTrailers: boolean;
  readonly #isConversation: boolean;
  #receiver: ClientReceiver | undefined;
  #requestTrailers: HeaderFields | undefined;
  #isBodyRead = false;
  #isBodyPaused = false;
  #isBodyOver: boolean;
  #isContinued = false;
  /** Bytes of the request's body that have come. */
  #received = 0;
  /** The head and the last chunk of the answer, not sent yet. */
  #head: string[] | undefined;
  #chunk: Buffer | undefined;
  #mayHaveBody = true;
  /** Bytes of the body to come; negative where nobody said how many. */
  #remaining = -1;
  #isBlocked = false;
  #responseTrailers: HeaderFields | undefined;
  #isAnswered = false;
  #isAborted = false;
  #isTunnel = false;
  /** Only for those who have to wait for the client. */
  #pace: Pace | undefined;

  constructor(
    stream: ServerHttp2Stream,
    request: Http2Request,
    client: ClientConnection,
    hasBody: boolean,
    host: StreamHost,
  ) {
    this.#stream = stream;
    this.#host = host;
    this.client = client;
    this.request = request.head;
    this.upgrade = request.upgrade;
    this.hasBody = hasBody && request.upgrade === undefined;
    this.contentLength = request.contentLength;
    this.expectsContinue = request.expectsContinue;
    this.#takesTrailers = request.takesTrailers;
    this.#isConversation = request.isConversation;
    this.#isBodyOver = !hasBody;
    (stream as OwnedStream)[SIDE] = this;
    stream.on('close', onClose);
    // They may come before anybody reads the body they follow.
    if (hasBody) stream.on('trailers', onTrailers);
  }

  // The client's side of the exchange.

  attach(receiver: ClientReceiver): void {
    this.#receiver = receiver;
  }

  readBody(): void {
    if (this.#isBodyRead || this.#isBodyOver) return;
    this.#isBodyRead = true;
    this.#startBodyClock();
    this.#stream.on('end', onEnd);
    this.#stream.on('data', onData);
  }

  pauseBody(): void {
    if (this.#isBodyOver) return;
    this.#isBodyPaused = true;
    this.#pace?.stopBody();
    this.#stream.pause();
  }

  resumeBody(): void {
    if (!this.#isBodyPaused) return;
    this.#isBodyPaused = false;
    this.#startBodyClock();
    this.#stream.resume();
  }

  sendInterim({status, fields}: ResponseHead): void {
    // 101 is what HTTP/2 does not have (RFC 9113, section 8.6).
    if (this.#isGone() || this.#stream.headersSent || status === HTTP_STATUS_SWITCHING_PROTOCOLS) return;
    const list = fields.toList(NOT_DOWNSTREAM);
    this.#stream.additionalHeaders(toHeadersObject([':status', String(status), ...list]));
    if (status === HTTP_STATUS_CONTINUE) this.#continue();
  }

  sendHead({status, fields}: ResponseHead, contentLength: number): void {
    const list = fields.toList(NOT_DOWNSTREAM);
    list.unshift(':status', String(status));
    if (contentLength !== -1 && status !== HTTP_STATUS_NO_CONTENT) {
      list.push('content-length', String(contentLength));
    }
    this.#head = list;
    this.#mayHaveBody = mayHaveBody(this.request.method, status);
    this.#remaining = this.#mayHaveBody ? contentLength : -1;
    // The answer has begun: a client may now take its time with the rest of its request.
    this.#pace?.stopBody();
  }

  readonly usesBodyAtOnce = false;

  sendBody(chunk: Buffer): boolean {
    if (!this.#mayHaveBody || chunk.length === 0) return true;
    if (this.#remaining !== -1) {
      if (chunk.length > this.#remaining) return this.#cutOff();
      this.#remaining -= chunk.length;
    }
    if (this.#chunk !== undefined) this.flush();
    this.#chunk = chunk;
    return !this.#isBlocked;
  }

  sendEnd(trailers: HeaderFields | undefined): void {
    this.#receiver = undefined;
    this.#isAnswered = true;
    if (this.#isGone()) return;
    if (this.#remaining > 0) {
      this.abort();
      return;
    }
    this.#responseTrailers = this.#takesTrailers && this.#mayHaveBody ? trailers : undefined;
    this.#endAnswer();
    if (!this.#isBodyOver) this.#dropBody();
  }

  flush(): void {
    if (this.#isAnswered || this.#isGone()) return;
    if (this.#head === undefined || this.#respond(this.#takesTrailers ? WITH_TRAILERS : WITHOUT_TRAILERS)) {
      this.#writeChunk();
    }
  }

  abort(): void {
    this.#receiver = undefined;
    this.#isAnswered = true;
    this.#isAborted = true;
    cutStream(this.#stream, NGHTTP2_INTERNAL_ERROR);
  }

  openTunnel({fields}: ResponseHead): ClientTunnel {
    this.#receiver = undefined;
    this.#isTunnel = true;
    const list = fields.toList(NOT_DOWNSTREAM);
    if (!this.#isGone()) this.#stream.respond([':status', '200', ...withoutAccept(list)]);
    return {duplex: this.#stream, early: undefined};
  }

  // What comes from the stream.

  receive(chunk: Buffer): void {
    this.#received += chunk.length;
    this.#pace?.countBody(chunk.length);
    this.#receiver?.onBody(chunk);
    this.#receiver?.onBodyPause();
  }

  receiveTrailers(list: readonly string[]): void {
    this.#requestTrailers = toHeaderFields(list);
  }

  /** Node ends a body that was cut off by a reset too: a stream cannot be closed before its answer is complete. */
  receiveEnd(): void {
    if (this.#stream.closed) return;
    this.#isBodyOver = true;
    this.#pace?.stopBody();
    this.#receiver?.onBodyEnd(this.#requestTrailers);
  }

  receiveDrain(): void {
    this.#isBlocked = false;
    this.#pace?.stopSending();
    if (!this.#isAnswered) this.flush();
    this.#receiver?.onClientDrain();
  }

  receiveClose(): void {
    const receiver = this.#receiver;
    this.#receiver = undefined;
    this.#isBodyOver = true;
    this.#host.onStreamClose(this);
    // nghttp2 resets with PROTOCOL_ERROR what does not have the length it said.
    receiver?.onClientGone(this.#stream.rstCode === NGHTTP2_PROTOCOL_ERROR ? 'malformed' : 'closed');
  }

  sendWantedTrailers(): void {
    this.#stream.sendTrailers(toTrailers(this.#responseTrailers));
  }

  /** Called once a second: is the client as fast as it has to be? */
  checkPace(now: number): void {
    if (this.#isTunnel) return;
    if (this.#pace?.isBodyTooSlow(now) === true) this.#tellTooSlow();
    if (!this.#isBlocked && !this.#isAnswered) return;
    this.#pace ??= new Pace(this.#host.timeouts);
    if (!this.#pace.isSendingTooSlow(now, this.#stream.bufferSize)) return;
    this.#tellTooSlow();
    this.abort();
  }

  // How the answer leaves.

  #endAnswer(): void {
    const stream = this.#stream;
    const chunk = this.#chunk;
    const hasTrailers = this.#responseTrailers !== undefined;
    if (this.#head !== undefined) {
      const isWhole = chunk === undefined && !hasTrailers;
      if (!this.#respond(hasTrailers ? WITH_TRAILERS : isWhole ? NO_BODY : WITHOUT_TRAILERS) || isWhole) return;
    }
    this.#chunk = undefined;
    if (chunk === undefined) stream.end();
    else stream.end(chunk);
  }

  /** Sends the head. A head that cannot be said in HTTP/2 is not an answer. */
  #respond(options: {readonly endStream?: boolean; readonly waitForTrailers?: boolean}): boolean {
    const head = this.#head as string[];
    this.#head = undefined;
    try {
      if (this.#mayHaveBody && options === WITH_TRAILERS) this.#stream.once('wantTrailers', onWantTrailers);
      this.#stream.respond(head, this.#mayHaveBody ? options : NO_BODY);
      return true;
    } catch {
      return this.#cutOff();
    }
  }

  #writeChunk(): void {
    const chunk = this.#chunk;
    if (chunk === undefined) return;
    this.#chunk = undefined;
    if (this.#stream.write(chunk) || this.#isBlocked) return;
    this.#isBlocked = true;
    this.#stream.once('drain', onDrain);
  }

  /** The answer is not what its head said: the client must not take it for complete. */
  #cutOff(): false {
    const receiver = this.#receiver;
    this.abort();
    receiver?.onClientGone('closed');
    return false;
  }

  /**
   * RFC 9113, section 8.1: an answer may be complete before the request is; then the rest of it is not wanted. Where only
   * its end is missing, that is on its way: many a client takes a reset behind a complete answer for a failure.
   */
  #dropBody(): void {
    this.#stream.resume();
    this.#stream.once('finish', this.#received === this.contentLength ? onFinishBeforeEnd : onFinish);
  }

  #isGone(): boolean {
    return this.#isAborted || this.#stream.closed || this.#stream.destroyed;
  }

  // Clocks.

  /** The client may send the body it held back. */
  #continue(): void {
    this.#isContinued = true;
    if (this.#isBodyRead && !this.#isBodyPaused) this.#startBodyClock();
  }

  #startBodyClock(): void {
    if (this.#isConversation || this.#isBodyOver || (this.expectsContinue && !this.#isContinued)) return;
    if (this.#head !== undefined || this.#stream.headersSent) return;
    this.#pace ??= new Pace(this.#host.timeouts);
    this.#pace.startBody(this.#host.time.now);
  }

  #tellTooSlow(): void {
    const receiver: ClientReceiver | undefined = this.#receiver;
    this.#receiver = undefined;
    this.#pace?.stopBody();
    receiver?.onClientGone('too-slow');
  }
}

/** The answer to the nonce of HTTP/1.1 has no place in HTTP/2. */
function withoutAccept(list: string[]): string[] {
  const at = list.indexOf('sec-websocket-accept');
  if (at !== -1) list.splice(at, 2);
  return list;
}

// Shared by all streams.

const sideOf = (stream: ServerHttp2Stream): ClientStream => (stream as OwnedStream)[SIDE];

function onClose(this: ServerHttp2Stream): void {
  sideOf(this).receiveClose();
}

function onData(this: ServerHttp2Stream, chunk: Buffer): void {
  sideOf(this).receive(chunk);
}

function onEnd(this: ServerHttp2Stream): void {
  sideOf(this).receiveEnd();
}

function onDrain(this: ServerHttp2Stream): void {
  sideOf(this).receiveDrain();
}

function onTrailers(this: ServerHttp2Stream, _trailers: object, _flags: number, list: string[]): void {
  sideOf(this).receiveTrailers(list);
}

function onWantTrailers(this: ServerHttp2Stream): void {
  sideOf(this).sendWantedTrailers();
}

/** Not at once: what ends the answer is still to be written. */
function onFinish(this: ServerHttp2Stream): void {
  setImmediate(() => this.close(NGHTTP2_NO_ERROR));
}

/** How long a client may take to say that a body has ended of which all has come: as to see that we ended a connection. */
const END_WAIT_MS = 2_000;

function onFinishBeforeEnd(this: ServerHttp2Stream): void {
  const timer = setTimeout(() => this.close(NGHTTP2_NO_ERROR), END_WAIT_MS).unref();
  this.once('close', () => clearTimeout(timer));
}
