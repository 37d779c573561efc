// An HTTP/1.1 connection to an upstream: one request at a time, kept for the next only while nothing about it is in doubt.

import type {Socket} from 'node:net';

import type {HeaderFields} from '../header-fields.js';
import type {Limits, Timeouts} from '../limits.js';
import {isUsuallyWithoutBody, mayHaveBody} from '../methods.js';
import {keepable} from '../shared-buffer.js';
import type {Sweep, Swept} from '../sweep.js';
import {
  describeConnectError,
  type Progress,
  type Upstream,
  UpstreamError,
  type UpstreamFailure,
  type UpstreamReceiver,
  type UpstreamStream,
} from '../upstream.js';
import type {UpstreamRequest} from '../upstream-request.js';
import {BodyReader, type BodySink} from './body-reader.js';
import {HeadBuffer} from './head-buffer.js';
import {type HeadParser, INCOMPLETE, NO_LENGTH, REFUSED} from './head-parser.js';
import {CHUNKED, MessageWriter, NO_BODY, SIZED} from './message-writer.js';
import {disown, own, type SocketOwner} from './owned-socket.js';
import {isPersistent} from './request-checks.js';
import {type ReadListener, SocketReader} from './socket-reader.js';
import {SocketWriter} from './socket-writer.js';
import {openUpstreamSocket} from './upstream-socket.js';

/** What the connections of one pool share. */
export type UpstreamHost = {
  readonly limits: Limits;
  readonly timeouts: Timeouts;
  readonly sweep: Sweep;
  readonly parser: HeadParser;
  /** The connection may carry another request. */
  onIdle(connection: Http1UpstreamConnection): void;
  onClose(connection: Http1UpstreamConnection): void;
};

const CONNECTING = 0;
const IDLE = 1;
/** A head is awaited, the final one or another interim one. */
const AWAITING = 2;
const BODY = 3;
const CLOSED = 4;

export class Http1UpstreamConnection implements UpstreamStream, BodySink, ReadListener, SocketOwner, Swept {
  isReused = false;
  /** When it was last given back, in milliseconds since the epoch. */
  idleSince = 0;
  readonly upstream: Upstream;

  readonly #host: UpstreamHost;
  readonly #socket: Socket;
  readonly #writer: MessageWriter;
  /** There once the connection is. */
  #input: SocketReader | undefined;
  readonly #body: BodyReader;
  #receiver: UpstreamReceiver | undefined;
  #state = CONNECTING;
  #method = '';
  #head: HeadBuffer | undefined;
  #isRequestSent = false;
  #keepsAlive = true;
  #interims = 0;
  #progress: Progress = 'unsent';
  #deadline: number;

  constructor(upstream: Upstream, host: UpstreamHost, receiver: UpstreamReceiver) {
    this.upstream = upstream;
    this.#host = host;
    this.#receiver = receiver;
    this.#deadline = host.sweep.after(host.timeouts.connectMs);
    this.#body = new BodyReader(host.parser, host.limits.headBytes);
    this.#socket = openUpstreamSocket(upstream);
    this.#writer = new MessageWriter(new SocketWriter(this.#socket, this));
    this.#socket.once(upstream.tls === undefined ? 'connect' : 'secureConnect', () => this.receiveConnect());
    own(this.#socket, this);
    host.sweep.add(this);
  }

  get isIdle(): boolean {
    return this.#state === IDLE && !this.#socket.destroyed && this.#socket.writable;
  }

  /** Takes an idle connection for another request. */
  reuse(receiver: UpstreamReceiver): void {
    this.isReused = true;
    this.#begin(receiver);
  }

  destroy(): void {
    this.#state = CLOSED;
    this.#receiver = undefined;
    this.#socket.destroy();
  }

  // The request.

  sendHead(request: UpstreamRequest, contentLength: number): void {
    this.#method = request.method;
    this.#progress = 'unanswered';
    this.#deadline = this.#host.sweep.after(this.#host.timeouts.firstByteMs);
    let head = `${request.method} ${request.target} HTTP/1.1\r\nHost: ${request.host}\r\n${request.renderFields()}`;
    if (contentLength > 0) head += `Content-Length: ${contentLength}\r\n`;
    else if (contentLength === -1) head += 'Transfer-Encoding: chunked\r\n';
    else if (!isUsuallyWithoutBody(request.method)) head += 'Content-Length: 0\r\n';
    if (request.upgrade !== undefined) head += `Connection: Upgrade\r\nUpgrade: ${request.upgrade}\r\n`;
    const framing = contentLength === 0 ? NO_BODY : contentLength === -1 ? CHUNKED : SIZED;
    this.#writer.start(`${head}\r\n`, framing, contentLength);
  }

  sendBody(chunk: Buffer): boolean {
    // The answer is awaited from the last byte of the request on.
    this.#deadline = this.#host.sweep.after(this.#host.timeouts.firstByteMs);
    const isAccepted = this.#writer.write(chunk);
    if (this.#writer.isOverrun) this.#fail('closed', 'the request body is longer than it was said to be');
    return isAccepted;
  }

  sendEnd(trailers: HeaderFields | undefined): void {
    this.#isRequestSent = this.#writer.end(trailers);
    if (!this.#isRequestSent) this.#fail('closed', 'the request body has not the length it was said to have');
  }

  flush(): void {
    this.#writer.flush();
  }

  pause(): void {
    this.#input?.pause();
    this.#deadline = 0;
  }

  resume(): void {
    if (!this.#input?.isPaused) return;
    this.#startReadClock();
    this.#input.resume();
  }

  abort(): void {
    this.destroy();
  }

  // What comes from the socket.

  receiveConnect(): void {
    this.#socket.setNoDelay(true);
    const receiver = this.#receiver;
    if (receiver === undefined) {
      this.destroy();
      return;
    }
    this.#input = new SocketReader(this.#socket, this);
    this.#begin(receiver);
    receiver.onConnected(this);
  }

  receive(chunk: Buffer): void {
    if (this.#state === AWAITING || this.#state === BODY) this.#read(chunk);
    // An answer nobody asked for would be taken for the answer to the next request.
    else this.destroy();
  }

  onBodyData(chunk: Buffer): void {
    const receiver = this.#receiver;
    receiver?.onData(receiver.usesDataAtOnce ? chunk : keepable(chunk));
  }

  receiveEnd(): void {
    if (this.#state === BODY && this.#body.endsWithConnection) {
      this.#keepsAlive = false;
      this.#complete(undefined);
      this.#socket.destroy();
    } else {
      this.#fail('closed', 'the app closed the connection without an answer');
    }
  }

  receiveDrain(): void {
    this.#receiver?.onUpstreamDrain();
  }

  receiveError(error: Error): void {
    if (this.#state === CONNECTING) this.#fail('unreachable', describeConnectError(error, this.upstream), error);
    else this.#fail('closed', 'the app closed the connection without an answer', error);
  }

  receiveClose(): void {
    if (this.#receiver !== undefined) this.#fail('closed', 'the app closed the connection without an answer');
    this.#state = CLOSED;
    this.#host.sweep.delete(this);
    this.#host.onClose(this);
  }

  sweep(now: number): void {
    if (this.#deadline === 0 || now < this.#deadline) return;
    if (this.#state === IDLE) this.destroy();
    else if (this.#state === CONNECTING) this.#fail('connect-timeout', 'the app did not take the connection in time');
    else if (this.#state === AWAITING) this.#fail('timeout', 'the app did not answer in time');
    else this.#fail('timeout', 'the app stopped in the middle of its answer');
  }

  // The answer.

  #begin(receiver: UpstreamReceiver): void {
    this.#receiver = receiver;
    this.#state = AWAITING;
    this.#isRequestSent = false;
    this.#keepsAlive = true;
    this.#interims = 0;
    this.#progress = 'unsent';
    this.#deadline = this.#host.sweep.after(this.#host.timeouts.firstByteMs);
  }

  #read(chunk: Buffer): void {
    let bytes = chunk;
    let position = 0;
    if (this.#progress === 'unanswered') this.#progress = 'answered';
    while (position < bytes.length && this.#receiver !== undefined) {
      if (this.#state === AWAITING) {
        if (this.#head !== undefined) {
          const all = this.#head.add(bytes.subarray(position));
          if (all === undefined) {
            this.#checkHeadSize(this.#head.length);
            return;
          }
          bytes = all;
          position = 0;
        }
        position = this.#readHead(bytes, position);
      } else {
        position = this.#readBody(bytes, position);
      }
      if (position === REFUSED) return;
    }
    // What comes behind an answer belongs to nothing; the connection is not trusted again.
    if (position < bytes.length && this.#state === IDLE) this.destroy();
    this.#receiver?.onPause();
  }

  /** Returns how far it came; REFUSED when there is no more to read. */
  #readHead(bytes: Buffer, start: number): number {
    const {parser, limits} = this.#host;
    const end = parser.parseResponse(bytes, start);
    if (end === INCOMPLETE) return this.#keepHead(bytes, start);
    if (end === REFUSED || end - start > limits.headBytes) return this.#refuse();
    this.#head = undefined;
    if (parser.status === 101) return this.#switchProtocols(bytes, end);
    if (parser.status < 200) return this.#passInterim(end);
    return this.#beginBody() ? this.#afterHead(bytes, end) : this.#refuse();
  }

  #keepHead(bytes: Buffer, start: number): number {
    this.#head ??= new HeadBuffer();
    this.#head.keep(bytes.subarray(start));
    this.#checkHeadSize(this.#head.length);
    return REFUSED;
  }

  #checkHeadSize(length: number): void {
    if (length > this.#host.limits.headBytes) this.#refuse();
  }

  #passInterim(end: number): number {
    const {parser, limits} = this.#host;
    this.#interims += 1;
    if (this.#interims > limits.interimResponses) return this.#refuse();
    this.#receiver?.onInterim({status: parser.status, reason: parser.reason, fields: parser.fields});
    return end;
  }

  #switchProtocols(bytes: Buffer, end: number): number {
    const {status, reason, fields} = this.#host.parser;
    const receiver = this.#receiver;
    const early = end < bytes.length ? keepable(bytes.subarray(end)) : undefined;
    this.#receiver = undefined;
    this.#state = CLOSED;
    this.#host.sweep.delete(this);
    this.#host.onClose(this);
    disown(this.#socket);
    receiver?.onUpgrade({status, reason, fields}, {socket: this.#socket, early});
    return REFUSED;
  }

  /** Takes the framing of the answer: RFC 9112, section 6.3. False when it cannot be understood. */
  #beginBody(): boolean {
    const {parser} = this.#host;
    const {status, minorVersion, contentLength, isChunked} = parser;
    if (!isPersistent(parser)) this.#keepsAlive = false;
    if (isChunked && minorVersion === 0) return false;
    if (!mayHaveBody(this.#method, status)) this.#body.startEmpty();
    else if (isChunked) this.#body.startChunked();
    else if (contentLength !== NO_LENGTH) this.#body.startLength(contentLength);
    else this.#body.startUntilClose();
    return true;
  }

  #afterHead(bytes: Buffer, end: number): number {
    const {status, reason, fields, contentLength} = this.#host.parser;
    this.#state = BODY;
    this.#startReadClock();
    const hasTooMuch = this.#body.isDone && end < bytes.length;
    if (hasTooMuch || this.#body.endsWithConnection) this.#keepsAlive = false;
    this.#receiver?.onHead({status, reason, fields}, contentLength);
    if (this.#body.isDone) this.#complete(undefined);
    return end;
  }

  #readBody(bytes: Buffer, start: number): number {
    this.#startReadClock();
    const end = this.#body.read(bytes, start, this);
    if (end === REFUSED) return this.#refuse();
    if (!this.#body.isDone || this.#state !== BODY) return end;
    if (end < bytes.length) this.#keepsAlive = false;
    this.#complete(this.#body.trailers);
    return end;
  }

  /** The answer is complete: the connection is free before the next request may ask for one. */
  #complete(trailers: HeaderFields | undefined): void {
    const receiver = this.#receiver;
    this.#receiver = undefined;
    // Paused for the sake of a client that has all of its answer now.
    this.#input?.resume();
    if (this.#keepsAlive && this.#isRequestSent) {
      this.#state = IDLE;
      this.#deadline = this.#host.sweep.after(this.#host.timeouts.upstreamIdleMs);
      this.#host.onIdle(this);
    } else {
      this.#state = CLOSED;
      this.#socket.destroySoon();
    }
    receiver?.onEnd(trailers);
  }

  #refuse(): typeof REFUSED {
    this.#fail('malformed', 'the app answered with something that is not valid HTTP');
    return REFUSED;
  }

  #fail(failure: UpstreamFailure, message: string, cause?: unknown): void {
    const receiver = this.#receiver;
    const progress = this.#state === CONNECTING ? 'unsent' : this.#progress;
    this.destroy();
    receiver?.onUpstreamError(new UpstreamError(failure, message, progress, cause));
  }

  #startReadClock(): void {
    this.#deadline = this.#host.sweep.after(this.#host.timeouts.upstreamIdleReadMs);
  }
}
