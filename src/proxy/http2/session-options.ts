// What both kinds of sessions are told, in one place; the numbers that users may change are in limits.ts.

import type {ClientSessionOptions, ServerSessionOptions} from 'node:http2';
import type {Limits} from '../limits.js';

/**
 * How much of one body may be on its way to us unasked, in bytes. RFC 9113's 64 KiB holds an upload to 1.3 MB/s at 50 ms.
 * On one machine an upload by curl ran at 20 MB/s with 64 KiB, 31 with 256, 53 with 512 and 65 with 1,024. It is also what
 * one stalled stream may cost us: a hostile connection with all of its 128 streams stalled holds 64 MiB.
 */
const STREAM_WINDOW_BYTES = 512 * 1024;
/**
 * The same for a whole connection. Node gives the connection's window back as soon as bytes arrive, so that a stalled
 * stream takes nothing from the others; this only has to cover what is on the wire.
 */
export const CONNECTION_WINDOW_BYTES = 1024 * 1024;

/** Above the limit on a head, so that one a little too large is answered with 431 instead of a reset. */
const HEAD_MARGIN_BYTES = 32 * 1024;
/** Each field counts 32 bytes more than it has: RFC 9113, section 6.5.2. So the size of a head limits their number. */
const FIELD_OVERHEAD_BYTES = 32;

/**
 * Frames over the life of a connection that make no sense, empty DATA among them; Node's default is 1,000. No client
 * sends any, and each that makes us reset a stream costs us as much as a request (CVE-2025-8671, "MadeYouReset").
 */
const INVALID_FRAMES = 100;
/** Streams above the agreed number, of a client that has not seen our SETTINGS yet. */
const REJECTED_STREAMS = 1_000;
/** Answers to SETTINGS and PING that a client may leave unread. */
const OUTSTANDING_ACKNOWLEDGEMENTS = 32;
/** Megabytes that nghttp2 and what waits to be written may take for one connection, before it takes no more streams. */
const SESSION_MEGABYTES = 32;

/** What the types do not know. */
type ServerOptions = ServerSessionOptions & {
  readonly maxOutstandingSettings: number;
  readonly strictSingleValueFields: boolean;
  readonly streamResetBurst: number;
  readonly streamResetRate: number;
};

/** Sessions of clients. */
export function serverOptions(limits: Limits): ServerOptions {
  const maxHeaderListSize = limits.headBytes + HEAD_MARGIN_BYTES;
  return {
    settings: {
      maxConcurrentStreams: limits.concurrentStreams,
      maxHeaderListSize,
      initialWindowSize: STREAM_WINDOW_BYTES,
      enableConnectProtocol: true,
    },
    maxHeaderListPairs: Math.ceil(maxHeaderListSize / FIELD_OVERHEAD_BYTES),
    maxSessionInvalidFrames: INVALID_FRAMES,
    maxSessionRejectedStreams: REJECTED_STREAMS,
    maxSessionMemory: SESSION_MEGABYTES,
    maxOutstandingPings: OUTSTANDING_ACKNOWLEDGEMENTS,
    maxOutstandingSettings: OUTSTANDING_ACKNOWLEDGEMENTS,
    streamResetBurst: limits.streamResetBurst,
    streamResetRate: limits.streamResetsPerSecond,
    // What an app repeats is passed on as HTTP/1.1 would.
    strictSingleValueFields: false,
  };
}

/** Sessions with upstreams. */
export function clientOptions(limits: Limits): ClientSessionOptions & {readonly strictSingleValueFields: boolean} {
  const maxHeaderListSize = limits.headBytes + HEAD_MARGIN_BYTES;
  return {
    settings: {enablePush: false, maxHeaderListSize, initialWindowSize: STREAM_WINDOW_BYTES},
    maxHeaderListPairs: limits.responseFields,
    maxSessionMemory: SESSION_MEGABYTES,
    strictSingleValueFields: false,
  };
}
