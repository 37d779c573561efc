import type {TunnelFrames} from './tunnel.js';

/**
 * Told of one request as it goes on, in this order, but for the bodies. It must not throw, and what it does is done while
 * the request waits.
 */
export type SessionObserver = {
  /** It waits for its app to start. */
  onColdStart(): void;
  /** The app is there: `onColdStart` was called before where that took a start. */
  onStarted(): void;
  /** It is sent to the upstream; once for each try. */
  onSent(): void;
  /** The head of its answer is known, whoever gave it. */
  onHead(): void;
  /** It became a tunnel. */
  onTunnel(tunnel: TunnelFrames): void;
  /** Bytes of the body from the client; they are valid during the call only. */
  onRequestBody(chunk: Buffer): void;
  /** The body from the client is complete. */
  onRequestEnd(): void;
  /** Bytes of the body to the client; they are valid during the call only. */
  onResponseBody(chunk: Buffer): void;
  /** It is over; how stands in its session, which is not to be kept any longer. */
  onOver(): void;
};
