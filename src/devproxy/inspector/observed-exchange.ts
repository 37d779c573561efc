import type {FrameCounts} from '../../control/exchanges.js';
import type {HttpVersion, RequestHead, ResponseHead} from '../../proxy/client-side.js';
import type {GatewaySession} from '../../proxy/gateway-session.js';
import type {Outcome} from '../../proxy/session.js';
import type {SessionObserver} from '../../proxy/session-observer.js';
import type {TunnelFrames} from '../../proxy/tunnel.js';
import {CapturedBytes} from './captured-bytes.js';

/** What is kept of a request's body: what webhooks send, whole, so that it can be sent again. */
export const REQUEST_BODY_BYTES = 256 * 1024;
/** What is kept of an answer's body: an API's answer, a page; of bundles and pictures the beginning. */
export const RESPONSE_BODY_BYTES = 64 * 1024;
/** What an exchange takes beside its texts and bodies: its objects, measured in a heap snapshot. */
const OWN_BYTES = 1_024;

/** Who keeps it. */
export type ExchangeHost = {
  /** A clock that only goes forward, in milliseconds. */
  now(): number;
  /** It takes so many bytes more. */
  onGrowth(exchange: ObservedExchange, bytes: number): void;
  onChange(exchange: ObservedExchange): void;
  onOver(exchange: ObservedExchange): void;
};

/** What is asked of its session while that lasts, and is a copy afterwards: a session holds its connections. */
export type ExchangeFacts = {
  readonly response: ResponseHead | undefined;
  readonly outcome: Outcome | undefined;
  readonly error: unknown;
  readonly bytesReceived: number;
  readonly bytesSent: number;
};

export type ExchangeOrigin = {
  readonly id: number;
  readonly app: string;
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly replayOf: number | null;
};

/** One request as it was seen. Nothing is rendered before somebody looks. */
export class ObservedExchange implements SessionObserver {
  readonly id: number;
  readonly app: string;
  readonly time: number;
  readonly replayOf: number | null;
  readonly request: RequestHead;
  readonly hasBody: boolean;
  readonly upgrade: string | undefined;
  readonly isSecure: boolean;
  readonly httpVersion: HttpVersion;
  readonly clientAddress: string;
  facts: ExchangeFacts;
  requestBody: CapturedBytes | undefined;
  responseBody: CapturedBytes | undefined;
  /** Whether all of the request's body came, kept or not. */
  isBodyWhole = false;
  /** What it takes in memory, about. */
  bytes: number;
  /** False once it had to make room for others: nothing more of it is kept. */
  isKept = true;

  readonly #host: ExchangeHost;
  readonly #startedAt: number;
  /** NaN while it has not come that far. */
  #waitsSince = Number.NaN;
  #coldStartMs = Number.NaN;
  #sentAt = Number.NaN;
  #headAt = Number.NaN;
  #overAt = Number.NaN;
  #tunnel: TunnelFrames | undefined;

  constructor(session: GatewaySession, {id, app, time, replayOf}: ExchangeOrigin, host: ExchangeHost) {
    const {request, client} = session;
    this.id = id;
    this.app = app;
    this.time = time;
    this.replayOf = replayOf;
    this.request = request;
    this.hasBody = session.hasBody;
    this.upgrade = session.upgrade;
    this.isSecure = client.isSecure;
    this.httpVersion = client.httpVersion;
    this.clientAddress = client.address;
    this.facts = session;
    this.bytes = OWN_BYTES + request.target.length + request.fields.size;
    this.#host = host;
    this.#startedAt = host.now();
  }

  onColdStart(): void {
    this.#waitsSince = this.#host.now();
  }

  onStarted(): void {
    if (Number.isNaN(this.#waitsSince)) return;
    this.#coldStartMs = orZero(this.#coldStartMs) + this.#host.now() - this.#waitsSince;
    this.#waitsSince = Number.NaN;
  }

  onSent(): void {
    this.#sentAt = this.#host.now();
  }

  onHead(): void {
    this.#headAt = this.#host.now();
    if (!this.isKept) return;
    this.#grow(this.facts.response?.fields.size ?? 0);
    this.#host.onChange(this);
  }

  onTunnel(tunnel: TunnelFrames): void {
    this.#tunnel = tunnel;
    this.onHead();
  }

  onRequestBody(chunk: Buffer): void {
    if (!this.isKept) return;
    this.requestBody ??= new CapturedBytes(REQUEST_BODY_BYTES);
    this.#grow(this.requestBody.add(chunk));
  }

  onRequestEnd(): void {
    this.isBodyWhole = true;
  }

  onResponseBody(chunk: Buffer): void {
    if (!this.isKept) return;
    this.responseBody ??= new CapturedBytes(RESPONSE_BODY_BYTES);
    this.#grow(this.responseBody.add(chunk));
  }

  onOver(): void {
    this.#overAt = this.#host.now();
    this.onStarted();
    const {response, outcome, error, bytesReceived, bytesSent} = this.facts;
    this.facts = {response, outcome, error: describeError(error), bytesReceived, bytesSent};
    if (this.#tunnel !== undefined) this.#tunnel = {frames: this.#tunnel.frames};
    this.#host.onOver(this);
  }

  get frames(): FrameCounts | undefined {
    return this.#tunnel?.frames;
  }

  /** NaN: it needed none. */
  get coldStartMs(): number {
    return this.#coldStartMs;
  }

  /** All that passed between its head and when it was sent, but for a cold start. NaN: it was not sent. */
  get queueMs(): number {
    return this.#sentAt - this.#startedAt - orZero(this.#coldStartMs);
  }

  /** NaN: it was not sent, or there is no answer yet. */
  get firstByteMs(): number {
    return this.#headAt - this.#sentAt;
  }

  /** NaN: it is under way. */
  get totalMs(): number {
    return this.#overAt - this.#startedAt;
  }

  #grow(bytes: number): void {
    if (bytes === 0) return;
    this.bytes += bytes;
    this.#host.onGrowth(this, bytes);
  }
}

const orZero = (value: number): number => (Number.isNaN(value) ? 0 : value);

/** An error holds what it was about. */
const describeError = (error: unknown): string | undefined =>
  error === undefined ? undefined : error instanceof Error ? error.message : String(error);
