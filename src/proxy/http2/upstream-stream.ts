// One request on an HTTP/2 connection to an upstream.

import {STATUS_CODES} from 'node:http';
import {type ClientHttp2Stream, constants} from 'node:http2';
import type {HeaderFields} from '../header-fields.js';
import type {Limits, Timeouts} from '../limits.js';
import {isUsuallyWithoutBody, mayHaveBody} from '../methods.js';
import {keepable} from '../shared-buffer.js';
import {
  type Progress,
  UpstreamError,
  type UpstreamFailure,
  type UpstreamReceiver,
  type UpstreamStream,
} from '../upstream.js';
import type {UpstreamRequest} from '../upstream-request.js';
import {cutStream} from './cut-stream.js';
import {toHeaderFields, toTrailers} from './field-lists.js';

/** What a stream needs of its connection. */
export type StreamOwner = {
  readonly limits: Limits;
  readonly timeouts: Timeouts;
  readonly time: {readonly now: number};
  /** Sends a head. The stream emits an error when the connection is gone. */
  request(head: string[], options: {readonly endStream: boolean; readonly waitForTrailers: boolean}): ClientHttp2Stream;
  /** Whether the upstream said, in a GOAWAY, that it never looked at this stream. */
  isIgnored(id: number | undefined): boolean;
  /** The stream's place is free. */
  release(stream: Http2UpstreamStream): void;
};

const {NGHTTP2_CANCEL, NGHTTP2_FLAG_END_STREAM, NGHTTP2_PROTOCOL_ERROR, NGHTTP2_REFUSED_STREAM} = constants;

const CUT_OFF = 'the app closed the connection without an answer';

const STREAM_OF = Symbol('Http2UpstreamStream');
type OwnedStream = ClientHttp2Stream & {[STREAM_OF]: Http2UpstreamStream};

export class Http2UpstreamStream implements UpstreamStream {
  readonly isReused: boolean;
  readonly #owner: StreamOwner;
  #receiver: UpstreamReceiver | undefined;
  /** Undefined until the head is sent. */
  #stream: ClientHttp2Stream | undefined;
  #method = '';
  #progress: Progress = 'unsent';
  #requestTrailers: HeaderFields | undefined;
  #responseTrailers: HeaderFields | undefined;
  #interims = 0;
  #isHeadReceived = false;
  #isPaused = false;
  #isPauseTold = true;
  /** When the sweep gives up, in milliseconds; 0 for never. */
  #deadline = 0;

  constructor(owner: StreamOwner, receiver: UpstreamReceiver, isReused: boolean) {
    this.#owner = owner;
    this.#receiver = receiver;
    this.isReused = isReused;
  }

  // The request.

  sendHead(request: UpstreamRequest, contentLength: number): void {
    this.#method = request.method;
    this.#progress = 'unanswered';
    this.#awaitAnswer();
    const hasBody = contentLength !== 0;
    const stream = this.#owner.request(renderHead(request, contentLength), {
      endStream: !hasBody,
      waitForTrailers: hasBody,
    });
    this.#stream = stream;
    (stream as OwnedStream)[STREAM_OF] = this;
    if (hasBody) stream.once('wantTrailers', onWantTrailers);
    stream.on('headers', onInterim);
    stream.on('response', onResponse);
    stream.on('error', ignore);
    stream.on('close', onClose);
  }

  sendBody(chunk: Buffer): boolean {
    const stream = this.#stream;
    // A request of no length has ended with its head.
    if (stream === undefined || stream.writableEnded || stream.destroyed) return true;
    if (!this.#isHeadReceived) this.#awaitAnswer();
    if (stream.write(keepable(chunk))) return true;
    if (stream.listenerCount('drain') === 0) stream.once('drain', onDrain);
    return false;
  }

  sendEnd(trailers: HeaderFields | undefined): void {
    this.#requestTrailers = trailers;
    if (this.#stream !== undefined && !this.#stream.writableEnded) this.#stream.end();
  }

  /** Nothing is held back: node:http2 writes once a turn by itself. */
  flush(): void {}

  pause(): void {
    this.#isPaused = true;
    this.#deadline = 0;
    if (this.#isHeadReceived) this.#stream?.pause();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    if (!this.#isHeadReceived) return;
    this.#awaitMore();
    this.#stream?.resume();
  }

  abort(): void {
    this.#receiver = undefined;
    this.#deadline = 0;
    if (this.#stream === undefined) this.#owner.release(this);
    else cutStream(this.#stream, NGHTTP2_CANCEL);
  }

  // What comes from the stream.

  receiveInterim(list: readonly string[], status: number): void {
    this.#progress = 'answered';
    this.#interims += 1;
    if (this.#interims > this.#owner.limits.interimResponses) {
      this.#refuse();
      return;
    }
    this.#receiver?.onInterim({status, reason: STATUS_CODES[status] ?? '', fields: toHeaderFields(list)});
  }

  receiveHead(list: readonly string[], status: number, isWhole: boolean): void {
    const stream = this.#stream as ClientHttp2Stream;
    this.#progress = 'answered';
    this.#isHeadReceived = true;
    const fields = toHeaderFields(list);
    // RFC 9113, section 8.6: there is no 101.
    if (status < 200 || status > 599) {
      this.#refuse();
      return;
    }
    this.#awaitMore();
    this.#tellPauseLater();
    const contentLength = fields.get('content-length');
    const isEmpty = isWhole && mayHaveBody(this.#method, status);
    this.#receiver?.onHead(
      {status, reason: STATUS_CODES[status] ?? '', fields},
      contentLength !== undefined ? Number(contentLength) : isEmpty ? 0 : -1,
    );
    stream.on('trailers', onTrailers);
    stream.on('end', onEnd);
    stream.on('data', onData);
    if (this.#isPaused) stream.pause();
  }

  receive(chunk: Buffer): void {
    this.#awaitMore();
    this.#tellPauseLater();
    this.#receiver?.onData(chunk);
  }

  receiveTrailers(list: readonly string[]): void {
    this.#responseTrailers = toHeaderFields(list);
  }

  receiveEnd(): void {
    const stream = this.#stream as ClientHttp2Stream;
    // Node ends a body that was reset with no error too; while we still send, that cannot be its end.
    if (stream.aborted || stream.rstCode !== 0) return;
    const receiver = this.#receiver;
    this.#receiver = undefined;
    this.#deadline = 0;
    receiver?.onEnd(this.#responseTrailers);
  }

  receiveDrain(): void {
    this.#receiver?.onUpstreamDrain();
  }

  receiveClose(): void {
    this.#owner.release(this);
    const {rstCode = 0, id} = this.#stream as ClientHttp2Stream;
    if (rstCode === NGHTTP2_REFUSED_STREAM || this.#owner.isIgnored(id)) {
      this.#fail('refused-stream', 'the app did not take the request', 'unsent');
    } else if (rstCode === NGHTTP2_PROTOCOL_ERROR) {
      this.#refuse();
    } else {
      this.#fail('closed', CUT_OFF, this.#progress);
    }
  }

  sendWantedTrailers(): void {
    this.#stream?.sendTrailers(toTrailers(this.#requestTrailers));
  }

  tellPause(): void {
    this.#isPauseTold = true;
    this.#receiver?.onPause();
  }

  /** The connection ended before the head was sent on it. */
  fail(): void {
    if (this.#stream === undefined) this.#fail('closed', CUT_OFF, 'unsent');
  }

  /** Called once a second. */
  checkDeadline(now: number): void {
    if (this.#deadline === 0 || now < this.#deadline) return;
    const message = this.#isHeadReceived
      ? 'the app stopped in the middle of its answer'
      : 'the app did not answer in time';
    this.#fail('timeout', message, this.#progress);
  }

  #refuse(): void {
    this.#fail('malformed', 'the app answered with something that is not valid HTTP', 'answered');
  }

  #fail(failure: UpstreamFailure, message: string, progress: Progress): void {
    const receiver = this.#receiver;
    this.abort();
    receiver?.onUpstreamError(new UpstreamError(failure, message, progress));
  }

  #awaitAnswer(): void {
    this.#deadline = this.#owner.time.now + this.#owner.timeouts.firstByteMs;
  }

  #awaitMore(): void {
    if (!this.#isPaused) this.#deadline = this.#owner.time.now + this.#owner.timeouts.upstreamIdleReadMs;
  }

  /** Once for all that came in one read: frames come one by one, and nobody says which was the last. */
  #tellPauseLater(): void {
    if (!this.#isPauseTold) return;
    this.#isPauseTold = false;
    setImmediate(tellPause, this);
  }
}

const tellPause = (stream: Http2UpstreamStream): void => stream.tellPause();
const ignore = (): void => undefined;

/** We read trailers ourselves, whatever the client said; gRPC servers want to hear it. */
function renderHead(request: UpstreamRequest, contentLength: number): string[] {
  const {method, target, host} = request;
  const head = [':method', method, ':scheme', 'http', ':authority', host, ':path', target];
  head.push(...request.listFields(), 'te', 'trailers');
  if (contentLength > 0) head.push('content-length', String(contentLength));
  else if (contentLength === 0 && !isUsuallyWithoutBody(method)) head.push('content-length', '0');
  return head;
}

// Shared by all streams.

const ownerOf = (stream: ClientHttp2Stream): Http2UpstreamStream => (stream as OwnedStream)[STREAM_OF];

type Head = {readonly ':status'?: number};

function onInterim(this: ClientHttp2Stream, head: Head, _flags: number, list: string[]): void {
  ownerOf(this).receiveInterim(list, head[':status'] ?? 0);
}

function onResponse(this: ClientHttp2Stream, head: Head, flags: number, list: string[]): void {
  ownerOf(this).receiveHead(list, head[':status'] ?? 0, (flags & NGHTTP2_FLAG_END_STREAM) !== 0);
}

function onTrailers(this: ClientHttp2Stream, _trailers: object, _flags: number, list: string[]): void {
  ownerOf(this).receiveTrailers(list);
}

function onData(this: ClientHttp2Stream, chunk: Buffer): void {
  ownerOf(this).receive(chunk);
}

function onEnd(this: ClientHttp2Stream): void {
  ownerOf(this).receiveEnd();
}

function onDrain(this: ClientHttp2Stream): void {
  ownerOf(this).receiveDrain();
}

function onClose(this: ClientHttp2Stream): void {
  ownerOf(this).receiveClose();
}

function onWantTrailers(this: ClientHttp2Stream): void {
  ownerOf(this).sendWantedTrailers();
}
