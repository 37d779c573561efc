import type {FrameCounts} from '../../control/exchanges.js';
import type {HttpVersion, RequestHead, ResponseHead} from '../../proxy/client-side.js';
import type {GatewaySession} from '../../proxy/gateway-session.js';
import {HeaderFields} from '../../proxy/header-fields.js';
import type {Outcome} from '../../proxy/session.js';
import type {SessionObserver} from '../../proxy/session-observer.js';
import type {TunnelFrames} from '../../proxy/tunnel.js';
import type {BlockPool} from './block-pool.js';
import {CapturedBytes} from './captured-bytes.js';
import {PackedHeads} from './packed-heads.js';

/** What is kept of a request's body: what webhooks send, whole, so that it can be sent again. */
export const REQUEST_BODY_BYTES = 256 * 1024;
/** What is kept of an answer's body: most of what an API answers. Every answer has one, and each KiB is copied. */
export const RESPONSE_BODY_BYTES = 16 * 1024;
/** What an exchange takes beside its texts and bodies: its objects, measured in a heap snapshot. */
const OWN_BYTES = 1_024;

/** What all exchanges of an inspector share. */
export type ExchangeHost = {
  readonly blocks: BlockPool;
  /** A clock that only goes forward, in milliseconds. */
  now(): number;
  onChange(exchange: ObservedExchange): void;
  onOver(exchange: ObservedExchange): void;
};

/** Where it is kept. */
export type ExchangeKeeper = {
  /** One that it has takes so many bytes more. */
  grow(bytes: number): void;
  /** One that was only passing is to be kept. */
  keep(exchange: ObservedExchange): void;
};

/** Of exchanges that are only passing, those that take as long as this are kept all the same. */
const SLOW_MS = 1_000;

/** What its session knows while that lasts, and is kept of it afterwards: a session holds its connections. */
export type ExchangeFacts = {
  readonly response: ResponseHead | undefined;
  readonly outcome: Outcome | undefined;
  readonly error: unknown;
  readonly bytesReceived: number;
  readonly bytesSent: number;
};

export type ExchangeOrigin = {
  readonly id: number;
  /** By the host's clock. */
  readonly startedAt: number;
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
  readonly hasBody: boolean;
  readonly upgrade: string | undefined;
  readonly isSecure: boolean;
  readonly httpVersion: HttpVersion;
  readonly clientAddress: string;
  requestBody: CapturedBytes | undefined;
  responseBody: CapturedBytes | undefined;
  /** Whether all of the request's body came, kept or not. */
  isBodyWhole = false;
  /** What it takes in memory, about. */
  bytes: number;
  readonly startedAt: number;

  readonly #host: ExchangeHost;
  readonly #keeper: ExchangeKeeper;
  /** Whether it is forgotten when it is over, unless something about it is worth a look. */
  #isPassing: boolean;
  /** Not while it is passing, and not once it had to make room for others. */
  #isKept: boolean;
  /** NaN while it has not come that far. */
  #waitsSince = Number.NaN;
  #coldStartMs = Number.NaN;
  #sentAt = Number.NaN;
  #headAt = Number.NaN;
  #overAt = Number.NaN;
  #tunnel: TunnelFrames | undefined;
  #session: GatewaySession | undefined;
  /** Instead of the session, once that is over. */
  #heads: PackedHeads | undefined;
  #headBytes: number;
  #outcome: Outcome | undefined;
  #error: string | undefined;
  #bytesReceived = 0;
  #bytesSent = 0;

  constructor(
    session: GatewaySession,
    {id, startedAt, app, time, replayOf}: ExchangeOrigin,
    host: ExchangeHost,
    {keeper, isPassing}: {readonly keeper: ExchangeKeeper; readonly isPassing: boolean},
  ) {
    const {request, client} = session;
    this.id = id;
    this.app = app;
    this.time = time;
    this.replayOf = replayOf;
    this.hasBody = session.hasBody;
    this.upgrade = session.upgrade;
    this.isSecure = client.isSecure;
    this.httpVersion = client.httpVersion;
    this.clientAddress = client.address;
    this.#session = session;
    this.#headBytes = request.target.length + request.fields.size;
    this.bytes = OWN_BYTES + this.#headBytes;
    this.#host = host;
    this.#keeper = keeper;
    this.#isPassing = isPassing;
    this.#isKept = !isPassing;
    this.startedAt = startedAt;
  }

  onColdStart(): void {
    this.keep();
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
    if ((this.#session?.response?.status ?? 0) >= 400) this.keep();
    if (!this.#isKept) return;
    this.#growHeads(this.#headBytes + (this.#session?.response?.fields.size ?? 0));
    this.#host.onChange(this);
  }

  onTunnel(tunnel: TunnelFrames): void {
    this.#tunnel = tunnel;
    this.keep();
    this.onHead();
  }

  onRequestBody(chunk: Buffer): void {
    if (!this.#isKept) return;
    this.requestBody ??= new CapturedBytes(this.#host.blocks, REQUEST_BODY_BYTES);
    this.#grow(this.requestBody.add(chunk));
  }

  onRequestEnd(): void {
    this.isBodyWhole = true;
  }

  onResponseBody(chunk: Buffer): void {
    if (!this.#isKept) return;
    this.responseBody ??= new CapturedBytes(this.#host.blocks, RESPONSE_BODY_BYTES);
    this.#grow(this.responseBody.add(chunk));
  }

  onOver(): void {
    this.#overAt = this.#host.now();
    this.onStarted();
    this.#host.onOver(this);
    if (this.#isPassing) this.#pass();
    else if (this.#session !== undefined) this.#settle(this.#session);
  }

  /** From now on it is kept, if it was only passing. */
  keep(): void {
    if (!this.#isPassing) return;
    this.#isPassing = false;
    this.#isKept = true;
    this.#keeper.keep(this);
  }

  #pass(): void {
    if (this.#session?.outcome === 'answered' && this.totalMs < SLOW_MS) return;
    this.keep();
    if (this.#session !== undefined) this.#settle(this.#session);
  }

  /** From now on it holds nothing of the request but what is shown of it. */
  #settle({request, response, outcome, error, bytesReceived, bytesSent}: GatewaySession): void {
    this.#outcome = outcome;
    this.#error = describeError(error);
    this.#bytesReceived = bytesReceived;
    this.#bytesSent = bytesSent;
    this.#session = undefined;
    if (this.#tunnel !== undefined) this.#tunnel = {frames: this.#tunnel.frames};
    this.#heads = new PackedHeads(request, response, this.#host.blocks);
    this.#growHeads(this.#heads.bytes);
  }

  get request(): RequestHead {
    return this.#session?.request ?? this.#heads?.request ?? NOTHING_ASKED;
  }

  get facts(): ExchangeFacts {
    return (
      this.#session ?? {
        response: this.#heads?.response,
        outcome: this.#outcome,
        error: this.#error,
        bytesReceived: this.#bytesReceived,
        bytesSent: this.#bytesSent,
      }
    );
  }

  /** Makes room for others. What it took of bodies is used again, and nothing more of it is kept. */
  drop(): void {
    this.#isPassing = false;
    this.#isKept = false;
    this.requestBody?.release();
    this.responseBody?.release();
    this.#heads?.release();
    this.requestBody = undefined;
    this.responseBody = undefined;
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
    return this.#sentAt - this.startedAt - orZero(this.#coldStartMs);
  }

  /** NaN: it was not sent, or there is no answer yet. */
  get firstByteMs(): number {
    return this.#headAt - this.#sentAt;
  }

  /** NaN: it is under way. */
  get totalMs(): number {
    return this.#overAt - this.startedAt;
  }

  #growHeads(bytes: number): void {
    this.#grow(bytes - this.#headBytes);
    this.#headBytes = bytes;
  }

  #grow(bytes: number): void {
    if (bytes === 0) return;
    this.bytes += bytes;
    if (this.#isKept) this.#keeper.grow(bytes);
  }
}

const NOTHING_ASKED: RequestHead = {method: '', target: '', host: '', fields: new HeaderFields()};

const orZero = (value: number): number => (Number.isNaN(value) ? 0 : value);

/** An error holds what it was about. */
const describeError = (error: unknown): string | undefined =>
  error === undefined ? undefined : error instanceof Error ? error.message : String(error);
