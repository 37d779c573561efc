import type {Socket} from 'node:net';
import {errorCode} from '../system/error.js';
import type {ResponseHead} from './client-side.js';
import type {HeaderFields} from './header-fields.js';
import type {AppId} from './route-table.js';
import type {UpstreamRequest} from './upstream-request.js';

/** Where requests are sent to. */
export type Upstream = {
  /** An address or a name. */
  readonly host: string;
  readonly port: number;
  /** HTTP/1.1 if not given; `h2c` is HTTP/2 without TLS, by prior knowledge, which gRPC needs. */
  readonly protocol?: 'http1' | 'h2c';
  /** Speak TLS to it. */
  readonly tls?: UpstreamTls;
};

/** How an upstream that speaks TLS is checked. */
export type UpstreamTls = {
  readonly serverName?: string;
  /** PEM; the system's roots if not given. */
  readonly ca?: string;
  /** False accepts any certificate: for an app's own self-signed one on loopback only. */
  readonly isVerified: boolean;
};

/** Brings an app to ready because a request came; resolves with where it listens. */
export type Activate = (app: AppId, signal: AbortSignal) => Promise<Upstream>;

/**
 * Whether sending a request again does no harm, as the connection sees it. `unsent`: it never left this machine.
 * `unanswered`: it may have arrived, but no byte of an answer came. `answered`: part of an answer came.
 */
export type Progress = 'unsent' | 'unanswered' | 'answered';

export type UpstreamFailure = 'unreachable' | 'connect-timeout' | 'closed' | 'timeout' | 'malformed' | 'refused-stream';

/** The upstream could not be reached, or its answer cannot be passed on. */
export class UpstreamError extends Error {
  override readonly name = 'UpstreamError';
  readonly failure: UpstreamFailure;
  readonly progress: Progress;

  constructor(failure: UpstreamFailure, message: string, progress: Progress, cause?: unknown) {
    super(message, {cause});
    this.failure = failure;
    this.progress = progress;
  }
}

/** Why there is no connection. */
export function describeConnectError(error: Error, {host, port}: Upstream): string {
  return errorCode(error) === 'ECONNREFUSED' ? `nothing listens on ${host}:${port}` : error.message;
}

/** What the engine does with what comes from an upstream. */
export type UpstreamReceiver = {
  /** The connection is there: the request may be sent on it. Called once, at once or later. */
  onConnected(stream: UpstreamStream): void;
  onInterim(head: ResponseHead): void;
  /** `contentLength` is -1 where only the end of the body will tell. */
  onHead(head: ResponseHead, contentLength: number): void;
  /** Whether `onData` is done with its bytes when it returns; otherwise they are its own. */
  readonly usesDataAtOnce: boolean;
  onData(chunk: Buffer): void;
  onEnd(trailers: HeaderFields | undefined): void;
  /** All that came in one piece has been handed over: what was held back to join it may go out. */
  onPause(): void;
  /** The upstream takes bytes again. */
  onUpstreamDrain(): void;
  /** The upstream said 101: the connection is the caller's, who got `early` behind the head. */
  onUpgrade(head: ResponseHead, tunnel: UpstreamTunnel): void;
  /** Nothing else is called after it. */
  onUpstreamError(error: UpstreamError): void;
};

export type UpstreamTunnel = {readonly socket: Socket; readonly early: Buffer | undefined};

/** One request on a connection to an upstream. */
export type UpstreamStream = {
  /** Whether the connection carried a request before: it may have died just now. */
  readonly isReused: boolean;
  /** Sends the head. `contentLength` is -1 for a body of unknown length, 0 for none. */
  sendHead(request: UpstreamRequest, contentLength: number): void;
  /** Is done with the bytes when it returns. False when the upstream does not keep up. */
  sendBody(chunk: Buffer): boolean;
  sendEnd(trailers: HeaderFields | undefined): void;
  /** Sends what was held back to be sent in one piece with more. */
  flush(): void;
  /** Backpressure on the answer. */
  pause(): void;
  resume(): void;
  /** Gives the request up; nothing is called on the receiver any more. */
  abort(): void;
};

/** `any`: a kept one will do. `fresh`: a new one, as for what may become a tunnel. */
export type WantedConnection = 'any' | 'fresh';

/** Gives out connections. */
export type UpstreamPool = {
  /**
   * Calls `onConnected` or `onUpstreamError`, now or later. The function that comes back gives up waiting.
   */
  connect(upstream: Upstream, receiver: UpstreamReceiver, wanted?: WantedConnection): () => void;
  close(): void;
};
