// A client's HTTP/1.1 connection: requests are read one after the other, and each is answered before the next is parsed.
//
// What comes meanwhile (the next request of a client that pipelines, a body nobody has asked for yet) stays unread: the
// socket is paused, and the client feels it.

import type {Socket} from 'node:net';
import type {
  ClientConnection,
  ClientGone,
  ClientReceiver,
  ClientSide,
  ClientTunnel,
  HttpVersion,
  RequestHead,
  ResponseHead,
  StartExchange,
} from '../client-side.js';
import {describeClient} from '../describe-client.js';
import {DATE, NOT_DOWNSTREAM, NOT_IN_UPGRADE} from '../field-kinds.js';
import {HeaderFields} from '../header-fields.js';
import type {Limits, Timeouts} from '../limits.js';
import {mayHaveBody} from '../methods.js';
import type {Sweep, Swept} from '../sweep.js';
import {BodyReader, type BodySink} from './body-reader.js';
import {CR, LF} from './characters.js';
import {ClientClock} from './client-clock.js';
import {dateLine} from './date.js';
import {HeadBuffer} from './head-buffer.js';
import {type HeadParser, INCOMPLETE, REFUSED} from './head-parser.js';
import {CHUNKED, MessageWriter, NO_BODY, SIZED, UNTIL_CLOSE} from './message-writer.js';
import {disown, own, type SocketOwner} from './owned-socket.js';
import {HEAD_TOO_LARGE, type Refusal, refusal, renderRefusal, TOO_MANY_EMPTY_LINES} from './refusal.js';
import {checkRequest, isPersistent, isRefusal, upgradeOf} from './request-checks.js';
import {type ReadListener, SocketReader} from './socket-reader.js';
import {SocketWriter} from './socket-writer.js';
import {UnreadBytes} from './unread-bytes.js';

/** What the connections of one proxy share. */
export type Http1Host = {
  readonly start: StartExchange;
  readonly limits: Limits;
  readonly timeouts: Timeouts;
  readonly sweep: Sweep;
  readonly parser: HeadParser;
  /** No connection is kept any more. */
  readonly isDraining: boolean;
  /** Told of a request that was refused before it was one. */
  onRefused(refused: Refusal, client: ClientConnection): void;
  onClose(connection: Http1ClientConnection): void;
};

/** Between requests, or in the middle of a head. */
const IDLE = 0;
/** A request is being answered. */
const BUSY = 1;
/** The answer is out, and the rest of an unwanted body is read and dropped. */
const DROPPING = 2;
/** We have ended our side and read on, so that the client gets all of the answer instead of a reset. */
const LINGERING = 3;
/** Closed, or a tunnel now. */
const GONE = 4;

/** How long a client may take to see that we ended the connection: RFC 9112, section 9.6. */
const LINGER_MS = 2_000;

/** What a client may send beyond what is used. */
const READ_AHEAD_BYTES = 65_536;

/** Stands where there is no request. */
const NO_REQUEST: RequestHead = {method: '', target: '', host: '', fields: new HeaderFields()};

export class Http1ClientConnection implements ClientSide, BodySink, ReadListener, SocketOwner, Swept {
  readonly client: ClientConnection;
  request = NO_REQUEST;
  hasBody = false;
  contentLength = 0;
  expectsContinue = false;
  upgrade: string | undefined;

  readonly #host: Http1Host;
  readonly #socket: Socket;
  readonly #input: SocketReader;
  readonly #output: SocketWriter;
  readonly #writer: MessageWriter;
  readonly #body: BodyReader;
  readonly #unread = new UnreadBytes();
  readonly #clock: ClientClock;
  #receiver: ClientReceiver | undefined;
  #state = IDLE;
  #requests = 0;
  #lastHost: string | undefined;
  #keepsAlive = true;
  #head: HeadBuffer | undefined;
  #hasPassedEmptyLine = false;
  #isAdvancing = false;
  #isBodyWanted = false;
  #isBodyPaused = false;
  #isHalfClosed = false;
  #isEndUnread = false;
  #isContinued = false;
  #dropped = 0;

  constructor(socket: Socket, host: Http1Host) {
    this.#socket = socket;
    this.#host = host;
    this.#output = new SocketWriter(socket, this);
    this.#writer = new MessageWriter(this.#output);
    this.#body = new BodyReader(host.parser, host.limits.headBytes);
    this.client = describeClient(socket, '1.1');
    this.#clock = new ClientClock(host.sweep, socket, host.timeouts);
    this.#clock.set(host.timeouts.headMs);
    // A client may have ended its side and still wait for the answer: we end ours when it is out.
    socket.allowHalfOpen = true;
    own(socket, this);
    host.sweep.add(this);
    this.#input = new SocketReader(socket, this);
  }

  // The client's side of the exchange under way.

  attach(receiver: ClientReceiver): void {
    this.#receiver = receiver;
  }

  readBody(): void {
    this.#isBodyWanted = true;
    this.#startBodyClock();
    this.#advance();
  }

  pauseBody(): void {
    this.#isBodyPaused = true;
  }

  resumeBody(): void {
    if (!this.#isBodyPaused) return;
    this.#isBodyPaused = false;
    this.#startBodyClock();
    this.#advance();
  }

  sendInterim({status, reason, fields}: ResponseHead): void {
    if (this.client.httpVersion === '1.0') return;
    if (status === 100) this.#isContinued = true;
    const head = `HTTP/1.1 ${status} ${reason}\r\n${fields.render(NOT_DOWNSTREAM)}\r\n`;
    if (this.upgrade === undefined) this.#output.writeText(head);
    else this.#output.writeBeforeTunnel(head);
  }

  sendHead({status, reason, fields}: ResponseHead, contentLength: number): void {
    const hasBody = mayHaveBody(this.request.method, status);
    const isChunked = hasBody && contentLength === -1 && this.client.httpVersion === '1.1';
    if (!this.#mayKeepAlive() || (hasBody && contentLength === -1 && !isChunked)) this.#keepsAlive = false;
    let head = `HTTP/1.1 ${status} ${reason}\r\n${fields.render(NOT_DOWNSTREAM)}`;
    if (contentLength !== -1 && status !== 204) head += `Content-Length: ${contentLength}\r\n`;
    else if (isChunked) head += 'Transfer-Encoding: chunked\r\n';
    if (!fields.hasKind(DATE)) head += dateLine(this.#host.sweep);
    if (!this.#keepsAlive) head += 'Connection: close\r\n';
    else if (this.client.httpVersion === '1.0') head += 'Connection: keep-alive\r\n';
    const framing = !hasBody ? NO_BODY : contentLength !== -1 ? SIZED : isChunked ? CHUNKED : UNTIL_CLOSE;
    this.#writer.start(`${head}\r\n`, framing, contentLength);
  }

  get usesBodyAtOnce(): boolean {
    return true;
  }

  sendBody(chunk: Buffer): boolean {
    if (this.#writer.write(chunk)) return true;
    if (this.#writer.isOverrun) this.#receiver?.onClientGone('closed');
    else this.#clock.startSending();
    return false;
  }

  sendEnd(trailers: HeaderFields | undefined): void {
    const isComplete = this.#writer.end(trailers);
    if (!isComplete) {
      this.abort();
      return;
    }
    this.#finishExchange();
  }

  flush(): void {
    this.#writer.flush();
  }

  abort(): void {
    this.#receiver = undefined;
    this.#state = GONE;
    // A plain connection that ends in an orderly way could be taken for the end of the body.
    if (this.client.tls === undefined && !this.#socket.destroyed) this.#socket.resetAndDestroy();
    else this.#socket.destroy();
  }

  openTunnel({reason, fields}: ResponseHead): ClientTunnel {
    const connection = fields.has('connection') ? '' : 'Connection: Upgrade\r\n';
    const head = `HTTP/1.1 101 ${reason}\r\n${fields.render(NOT_IN_UPGRADE)}${connection}\r\n`;
    // Only a client that takes no answers still has one under way.
    if (!this.#output.writeBeforeTunnel(head)) this.#socket.destroy();
    this.#leave();
    disown(this.#socket);
    return {duplex: this.#socket, early: this.#unread.takeAll()};
  }

  // What comes from the socket.

  receive(chunk: Buffer): void {
    if (this.#state === LINGERING || this.#state === GONE) return;
    const isNext = this.#unread.add(chunk);
    this.#advance();
    if (isNext) this.#unread.keep();
  }

  onBodyData(chunk: Buffer): void {
    this.#clock.countBody(chunk.length);
    if (this.#state === BUSY) this.#receiver?.onBody(chunk);
    else this.#dropped += chunk.length;
  }

  receiveEnd(): void {
    if (this.#state === BUSY && this.client.tls === undefined && this.#body.isDone) {
      // It may only have ended its own side and still wait for the answer; a client that is gone is not known from it.
      this.#isHalfClosed = true;
      this.#clock.startHalfClosed();
    } else if (this.#state === BUSY && !this.#body.isDone && this.#unread.length > 0) {
      // It may be the end of a body of which something is not used yet.
      this.#isEndUnread = true;
    } else if (this.#state === BUSY) {
      this.#tellGone('closed');
    } else {
      this.#linger();
    }
  }

  receiveDrain(): void {
    if (this.#state === IDLE) this.#advance();
    if (this.#state !== BUSY) return;
    this.#clock.stop();
    this.#receiver?.onClientDrain();
  }

  receiveError(): void {
    this.#socket.destroy();
  }

  receiveClose(): void {
    const wasBusy = this.#state === BUSY;
    const receiver = this.#receiver;
    this.#leave();
    if (wasBusy) receiver?.onClientGone('closed');
  }

  /** Ends the connection when nothing is under way; after the answer that is. */
  drain(): void {
    this.#keepsAlive = false;
    if (this.#state === IDLE && this.#head === undefined) this.#linger();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  sweep(now: number): void {
    if (this.#state === IDLE) this.#forgetRequest();
    if (!this.#clock.isDue(now)) return;
    if (this.#state === IDLE) this.#idleTooLong();
    else if (this.#state === BUSY) this.#judge(now);
    else if (this.#state !== LINGERING || !this.#output.isSending || !this.#clock.isSending(now))
      this.#socket.destroy();
  }

  /** Whether a client whose request is under way does its part. */
  #judge(now: number): void {
    if (this.#isHalfClosed) {
      if (!this.#clock.isAnswered(now)) this.#tellGone('closed');
    } else if (this.#isAwaitingBody()) {
      const isItsTurn = !this.expectsContinue || this.#isContinued;
      if (isItsTurn && !this.#clock.isBodyComing(now)) this.#tellGone('too-slow');
    } else if (!this.#output.isSending) {
      this.#clock.stop();
    } else if (!this.#clock.isSending(now)) {
      this.#tellGone('too-slow');
    }
  }

  // From one request to the next.

  /** Uses what was read as far as that goes; one request at a time, in a loop and not in a recursion. */
  #advance(): void {
    if (this.#isAdvancing) return;
    this.#isAdvancing = true;
    while (this.#unread.current !== undefined && this.#takeUnread(this.#unread.current));
    this.#isAdvancing = false;
    if (this.#isBodyWanted && this.#state === BUSY) this.#receiver?.onBodyPause();
    if (this.#state === GONE) return;
    // Some is read ahead, as an end or an error shows only to who reads.
    if (this.#unread.length > 0) {
      if (this.#unread.length >= READ_AHEAD_BYTES) this.#input.pause();
      return;
    }
    this.#input.resume();
    if (this.#isEndUnread) {
      this.#isEndUnread = false;
      this.receiveEnd();
    } else if (this.#state === IDLE && this.#isHalfClosed) {
      this.#linger();
    }
  }

  /** False when what is unread has to wait. */
  #takeUnread(bytes: Buffer): boolean {
    switch (this.#state) {
      case IDLE:
        // A client that does not read its answers is not asked for more.
        return !this.#output.isBlocked && this.#readHead(bytes);
      case BUSY:
        return this.#isBodyWanted && !this.#isBodyPaused && !this.#body.isDone && this.#readBodyBytes(bytes);
      case DROPPING:
        return this.#dropBodyBytes(bytes);
      default:
        this.#unread.drop();
        return false;
    }
  }

  #readHead(chunk: Buffer): boolean {
    const bytes = this.#head === undefined ? chunk : this.#head.add(chunk);
    if (bytes === undefined) {
      this.#unread.consume(chunk.length);
      if ((this.#head?.length ?? 0) > this.#host.limits.headBytes) this.#refuse(HEAD_TOO_LARGE);
      return true;
    }
    const start = emptyLineEnd(bytes);
    // Some clients send a line end behind a body: it is no beginning of a request.
    if (start > 0 && this.#hasPassedEmptyLine) this.#refuse(TOO_MANY_EMPTY_LINES);
    else if (start === bytes.length) this.#passEmptyLine(chunk);
    else this.#parseHead(bytes, start, chunk);
    return true;
  }

  #passEmptyLine(chunk: Buffer): void {
    this.#hasPassedEmptyLine = true;
    this.#unread.consume(chunk.length);
  }

  #parseHead(bytes: Buffer, start: number, chunk: Buffer): void {
    const end = start === INCOMPLETE_LINE ? INCOMPLETE : this.#host.parser.parseRequest(bytes, start);
    if (end === INCOMPLETE) {
      this.#keepHead(bytes);
      this.#unread.consume(chunk.length);
    } else if (end === REFUSED) {
      this.#refuse(this.#host.parser.refusal);
    } else if (end - start > this.#host.limits.headBytes) {
      this.#refuse(HEAD_TOO_LARGE);
    } else {
      this.#begin(bytes, end);
    }
  }

  #keepHead(bytes: Buffer): void {
    if (bytes.length > this.#host.limits.headBytes) {
      this.#refuse(HEAD_TOO_LARGE);
      return;
    }
    if (this.#head === undefined) {
      this.#head = new HeadBuffer();
      this.#clock.set(this.#host.timeouts.headMs);
    }
    this.#head.keep(bytes);
  }

  #begin(bytes: Buffer, end: number): void {
    const {parser} = this.#host;
    const checked = checkRequest(parser, this.#lastHost);
    if (isRefusal(checked)) {
      this.#refuse(checked);
      return;
    }
    this.#head = undefined;
    this.#hasPassedEmptyLine = false;
    this.#unread.consumeBut(bytes.subarray(end));
    this.#state = BUSY;
    this.#clock.stop();
    this.#requests += 1;
    this.#isBodyWanted = false;
    this.#isBodyPaused = false;
    this.#isContinued = false;
    this.#setVersion(parser.minorVersion === 0 ? '1.0' : '1.1');
    // Bytes behind a wish to upgrade may be of another protocol already: they are never read as a request.
    this.#keepsAlive = !this.#host.isDraining && !parser.hasUpgrade && this.#mayBeKept(parser);
    // The same text as the same object: what is looked up by it has its hash already.
    if (checked.host !== this.#lastHost) this.#lastHost = checked.host;
    this.request = {method: parser.method, target: checked.target, host: this.#lastHost, fields: parser.fields};
    this.#beginBody(parser);
    this.#host.start(this);
  }

  #setVersion(version: HttpVersion): void {
    if (this.client.httpVersion === version) return;
    (this.client as {httpVersion: HttpVersion}).httpVersion = version;
    this.client.forwarded = undefined;
  }

  #mayBeKept(parser: HeadParser): boolean {
    return this.#requests < this.#host.limits.requestsPerConnection && isPersistent(parser);
  }

  #beginBody(parser: HeadParser): void {
    this.hasBody = parser.isChunked || parser.contentLength > 0;
    this.contentLength = parser.isChunked ? -1 : Math.max(parser.contentLength, 0);
    this.expectsContinue = this.hasBody && parser.hasExpect && parser.minorVersion === 1;
    this.upgrade = this.hasBody || !parser.hasUpgrade ? undefined : upgradeOf(parser);
    if (parser.isChunked) this.#body.startChunked();
    else if (parser.contentLength > 0) this.#body.startLength(parser.contentLength);
    else this.#body.startEmpty();
  }

  #readBodyBytes(bytes: Buffer): boolean {
    const end = this.#body.read(bytes, 0, this);
    if (this.#state === GONE || this.#state === LINGERING) return false;
    if (end === REFUSED) {
      this.#tellGone('malformed');
      return false;
    }
    this.#unread.consume(end);
    if (this.#body.isDone && this.#state === BUSY) {
      this.#clock.stop();
      this.#receiver?.onBodyEnd(this.#body.trailers);
    }
    return true;
  }

  #dropBodyBytes(bytes: Buffer): boolean {
    const end = this.#body.read(bytes, 0, this);
    if (end === REFUSED || this.#dropped > this.#host.limits.unwantedBodyBytes) {
      this.#linger();
      return false;
    }
    this.#unread.consume(end);
    if (this.#body.isDone) this.#becomeIdle();
    return true;
  }

  /** Whether the connection can go on once this answer is out: what is left of the request must be soon over. */
  #mayKeepAlive(): boolean {
    if (!this.#keepsAlive || this.#host.isDraining) return false;
    if (this.#body.isDone) return true;
    // A client that waits for a 100 it will not get may send its body or not; nobody can know what comes next.
    if (this.expectsContinue && !this.#isContinued) return false;
    return this.#body.remaining <= this.#host.limits.unwantedBodyBytes;
  }

  #finishExchange(): void {
    if (this.#state !== BUSY) return;
    this.#receiver = undefined;
    if (!this.#keepsAlive || this.#host.isDraining) {
      this.#linger();
    } else if (this.#body.isDone) {
      this.#becomeIdle();
    } else {
      this.#state = DROPPING;
      this.#dropped = 0;
      this.#clock.set(this.#host.timeouts.bodyRateWindowMs);
    }
    this.#advance();
  }

  #becomeIdle(): void {
    this.#state = IDLE;
    this.#clock.set(this.#host.timeouts.idleMs);
  }

  /** An idle connection keeps nothing that it can do without. */
  #forgetRequest(): void {
    this.request = NO_REQUEST;
    this.client.forwarded = undefined;
  }

  #idleTooLong(): void {
    if (this.#head !== undefined) this.#refuse(refusal('the request took too long to arrive', 408));
    else this.#linger();
  }

  /** Answers what could not be read, and ends the connection: nothing behind it can be relied on. */
  #refuse(refused: Refusal): void {
    this.#host.onRefused(refused, this.client);
    this.#output.writeText(renderRefusal(refused));
    this.#head = undefined;
    this.#linger();
  }

  #tellGone(reason: ClientGone): void {
    this.#keepsAlive = false;
    this.#body.startEmpty();
    this.#unread.drop();
    this.#receiver?.onClientGone(reason);
  }

  #linger(): void {
    this.#state = LINGERING;
    this.#unread.drop();
    this.#clock.set(LINGER_MS);
    this.#output.end();
    if (this.#output.isSending) this.#lingerAfterSending();
    this.#input.resume();
  }

  /** All that is left is sent first, for as long as the client takes it. */
  #lingerAfterSending(): void {
    this.#clock.startSending();
    this.#socket.once('finish', () => this.#clock.set(LINGER_MS));
  }

  #leave(): void {
    this.#state = GONE;
    this.#host.sweep.delete(this);
    this.#host.onClose(this);
  }

  // Clocks.

  #isAwaitingBody(): boolean {
    return this.#isBodyWanted && !this.#isBodyPaused && !this.#body.isDone;
  }

  #startBodyClock(): void {
    if (!this.#body.isDone) this.#clock.startBody();
  }
}

const INCOMPLETE_LINE = -1;

/** RFC 9112, section 2.2: one empty line before a request is passed over. */
function emptyLineEnd(bytes: Buffer): number {
  if (bytes[0] !== CR) return 0;
  if (bytes.length === 1) return INCOMPLETE_LINE;
  return bytes[1] === LF ? 2 : 0;
}
