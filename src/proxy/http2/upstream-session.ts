// A connection to an h2c upstream: by prior knowledge, with as many requests at once as the upstream allows.

import {type ClientHttp2Session, type ClientHttp2Stream, connect} from 'node:http2';
import {connect as connectTcp, type Socket} from 'node:net';
import type {Limits, Timeouts} from '../limits.js';
import type {Sweep, Swept} from '../sweep.js';
import {
  describeConnectError,
  type Upstream,
  UpstreamError,
  type UpstreamFailure,
  type UpstreamReceiver,
} from '../upstream.js';
import {CONNECTION_WINDOW_BYTES, clientOptions} from './session-options.js';
import {Http2UpstreamStream, type StreamOwner} from './upstream-stream.js';

/** What the sessions of one pool share. */
export type UpstreamSessionHost = {
  readonly limits: Limits;
  readonly timeouts: Timeouts;
  readonly sweep: Sweep;
  /** Somebody waited here in vain, as the upstream allows fewer streams than expected. */
  onCrowded(session: UpstreamSession, waiter: Waiter): void;
  /** The session takes no new requests. */
  onRetired(session: UpstreamSession): void;
  onClose(session: UpstreamSession): void;
};

/** Somebody who waits for a stream. */
export type Waiter = {readonly receiver: UpstreamReceiver; hasGivenUp: boolean};

/** Before an upstream has said how many it allows: RFC 9113, section 6.5.2, recommends no less. */
const EXPECTED_STREAMS = 100;
/** Above it another connection is better than more of the same, however many the upstream allows. */
const MAX_STREAMS = 1_000;
/** How long an upstream may take to see that we ended the connection. */
const LINGER_MS = 2_000;

export class UpstreamSession implements StreamOwner, Swept {
  readonly upstream: Upstream;
  readonly limits: Limits;
  readonly timeouts: Timeouts;
  readonly time: Sweep;

  readonly #host: UpstreamSessionHost;
  readonly #socket: Socket;
  readonly #session: ClientHttp2Session;
  readonly #streams = new Set<Http2UpstreamStream>();
  readonly #waiting: Waiter[] = [];
  #state: 'connecting' | 'open' | 'retired' = 'connecting';
  #allowed = EXPECTED_STREAMS;
  #hasServed = false;
  #lastStream = Number.POSITIVE_INFINITY;
  /** When the sweep ends it, in milliseconds; 0 for never. */
  #deadline: number;

  constructor(upstream: Upstream, host: UpstreamSessionHost) {
    this.upstream = upstream;
    this.limits = host.limits;
    this.timeouts = host.timeouts;
    this.time = host.sweep;
    this.#host = host;
    this.#deadline = host.sweep.now + host.timeouts.connectMs;
    this.#socket = connectTcp({host: upstream.host, port: upstream.port, noDelay: true});
    this.#session = connect('http://upstream', {...clientOptions(host.limits), createConnection: () => this.#socket});
    this.#listen();
    host.sweep.add(this);
  }

  #listen(): void {
    const session = this.#session;
    session.on('connect', () => session.setLocalWindowSize(CONNECTION_WINDOW_BYTES));
    session.on('remoteSettings', ({maxConcurrentStreams}) => this.#receiveSettings(maxConcurrentStreams));
    session.on('goaway', (_, lastStreamId) => this.#receiveGoaway(lastStreamId));
    session.on('error', error => this.#fail('unreachable', describeConnectError(error, this.upstream), error));
    session.on('close', () => this.#receiveClose());
  }

  /** How many streams the upstream allows at once; what is expected before it has said so. */
  get allowed(): number {
    return this.#allowed;
  }

  get hasRoom(): boolean {
    return this.#state !== 'retired' && this.#streams.size + this.#waiting.length < this.#allowed;
  }

  /** Gives out a stream, now or when the connection is there. */
  take(waiter: Waiter): void {
    if (this.#state === 'open') this.#give(waiter.receiver);
    else this.#waiting.push(waiter);
  }

  request(
    head: string[],
    options: {readonly endStream: boolean; readonly waitForTrailers: boolean},
  ): ClientHttp2Stream {
    return this.#session.request(head, options);
  }

  isIgnored(id: number | undefined): boolean {
    return id === undefined || id > this.#lastStream;
  }

  release(stream: Http2UpstreamStream): void {
    if (!this.#streams.delete(stream) || this.#streams.size > 0) return;
    if (this.#state === 'retired') this.#end();
    else this.#deadline = this.time.now + this.timeouts.upstreamIdleMs;
  }

  /** Takes no new requests and ends when those it has are over. */
  retire(): void {
    if (this.#state === 'retired') return;
    this.#state = 'retired';
    this.#host.onRetired(this);
    if (this.#streams.size === 0) this.#end();
  }

  /** Without a word: `session.destroy` would end, as if they were complete, the requests it cuts off. */
  destroy(): void {
    this.#socket.destroy();
  }

  sweep(now: number): void {
    for (const stream of this.#streams) stream.checkDeadline(now);
    if (this.#deadline === 0 || now < this.#deadline) return;
    if (this.#state === 'open') {
      this.retire();
      return;
    }
    this.#fail('connect-timeout', 'the app did not take the connection in time');
    this.destroy();
  }

  #end(): void {
    this.#deadline = this.time.now + LINGER_MS;
    this.#session.close();
  }

  #give(receiver: UpstreamReceiver): void {
    const stream = new Http2UpstreamStream(this, receiver, this.#hasServed);
    this.#hasServed = true;
    this.#streams.add(stream);
    this.#deadline = 0;
    receiver.onConnected(stream);
  }

  /** The first SETTINGS are the proof that the upstream speaks HTTP/2: nothing is sent before. */
  #receiveSettings(maxConcurrentStreams = MAX_STREAMS): void {
    this.#allowed = Math.min(maxConcurrentStreams, MAX_STREAMS);
    if (this.#state !== 'connecting') return;
    this.#state = 'open';
    this.#deadline = this.time.now + this.timeouts.upstreamIdleMs;
    for (const waiter of this.#takeWaiting()) {
      if (this.hasRoom) this.#give(waiter.receiver);
      else this.#host.onCrowded(this, waiter);
    }
  }

  #receiveGoaway(lastStreamId: number | undefined): void {
    if (lastStreamId !== undefined) this.#lastStream = lastStreamId;
    this.retire();
  }

  #receiveClose(): void {
    this.#fail('unreachable', 'the app closed the connection before it was used');
    this.time.delete(this);
    this.#host.onClose(this);
  }

  #takeWaiting(): Waiter[] {
    return this.#waiting.splice(0).filter(({hasGivenUp}) => !hasGivenUp);
  }

  /** Tells those who wait, and those who were about to send; streams that were sent are told by their own end. */
  #fail(failure: UpstreamFailure, message: string, cause?: unknown): void {
    const waiting = this.#takeWaiting();
    this.retire();
    for (const {receiver} of waiting) receiver.onUpstreamError(new UpstreamError(failure, message, 'unsent', cause));
    for (const stream of this.#streams) stream.fail();
  }
}
