// The phases of a request, in their order:
//
//   requestFilter -> upstreamPeer -> upstreamRequestFilter -> (forward) -> upstreamResponseFilter -> responseFilter
//                 -> bodies through requestBodyFilter and responseBodyFilter -> logging
//
// `failToConnect` and `errorWhileProxy` decide about another try, `failToProxy` answers when there is none. All but
// `upstreamPeer` may be left out, and what is left out costs nothing. Each may give its value at once or as a promise.

import type {ResponseHead} from './client-side.js';
import type {Session} from './session.js';
import type {Upstream, UpstreamError} from './upstream.js';
import type {UpstreamRequest} from './upstream-request.js';

/** Another try after so many milliseconds, with a new `upstreamPeer`; undefined for none. */
export type Retry = {readonly afterMs: number} | undefined;

/** Gives the bytes to send instead of `chunk`. Called with an empty last chunk when the body is over. */
export type BodyFilter<Context> = (
  chunk: Buffer,
  isLast: boolean,
  session: Session<Context>,
) => Buffer | Promise<Buffer>;

export type Phases<Context = undefined> = {
  /** The context of a request, made when it begins; the other phases find it as `session.context`. */
  readonly createContext?: (session: Session) => Context;
  /** May answer with `session.respond` instead of an upstream; true when it did. */
  readonly requestFilter?: (session: Session<Context>) => boolean | Promise<boolean>;
  /**
   * Where the request goes; asked again for each try. Undefined: nowhere. The same upstream should be the same object each
   * time: its connections are found faster by it.
   */
  readonly upstreamPeer: (session: Session<Context>) => Upstream | undefined | Promise<Upstream | undefined>;
  /** May change the request that goes upstream; run again for each try. */
  readonly upstreamRequestFilter?:
    | ((request: UpstreamRequest, session: Session<Context>) => void | Promise<void>)
    | undefined;
  /** Sees the head of the answer as it came; what it changes is what a cache would keep. */
  readonly upstreamResponseFilter?:
    | ((response: ResponseHead, session: Session<Context>) => void | Promise<void>)
    | undefined;
  /** The last change to the head of the upstream's answer before this client gets it. */
  readonly responseFilter?: ((response: ResponseHead, session: Session<Context>) => void | Promise<void>) | undefined;
  /** A filter that changes the length of a body deletes Content-Length in the filter of its head. */
  readonly requestBodyFilter?: BodyFilter<Context> | undefined;
  readonly responseBodyFilter?: BodyFilter<Context> | undefined;
  /** Nothing was sent. Asked only where another try is safe: the body is unread. Without it `decideRetry` decides. */
  readonly failToConnect?: (error: UpstreamError, session: Session<Context>) => Retry | Promise<Retry>;
  /** The request was sent and no answer came. Asked only where another try is safe: idempotent, and without a body. */
  readonly errorWhileProxy?: (error: UpstreamError, session: Session<Context>) => Retry | Promise<Retry>;
  /** Answers with `session.respond` when there will be no other try; a plain error is the answer otherwise. */
  readonly failToProxy?: (error: unknown, session: Session<Context>) => void | Promise<void>;
  /** Sees a request that the engine answers by itself, before all other phases. */
  readonly refused?: (session: Session<Context>) => void;
  /** Runs once for every request, whatever became of it. */
  readonly logging?: (session: Session<Context>) => void;
};

/** Tries after failing to connect: it fails for a moment between the death of a process and the news of it. */
const MAX_CONNECT_TRIES = 4;
/**
 * Tries of a request that may have arrived: few, so that one that kills an app does not do so for ever. Two are lost at once
 * when an app is killed: its kept connections end first, while its port still takes new ones for a moment.
 */
const MAX_SENT_TRIES = 3;
/** Grows with each try; the first is at once, as a kept connection may just have been closed. */
const RETRY_DELAY_MS = 100;

/** What is done about another try where no phase decides. */
export function decideRetry({failure, progress}: UpstreamError, {attempts}: {readonly attempts: number}): Retry {
  if (failure === 'timeout' || failure === 'malformed') return undefined;
  const tries = progress === 'unsent' ? MAX_CONNECT_TRIES : MAX_SENT_TRIES;
  return attempts < tries ? {afterMs: RETRY_DELAY_MS * (attempts - 1)} : undefined;
}
