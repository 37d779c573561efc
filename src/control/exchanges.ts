// What the inspector tells of requests: enough of each to answer "what just happened?", with secrets masked.

import type {Method} from './method.js';

/** Where the time of a request went, in milliseconds from its head. Null: it did not come that far, or needed none. */
export type ExchangeTiming = {
  /** Waiting until the app could take it, a start not counted. */
  readonly queueMs: number | null;
  /** Waiting for the app to start. */
  readonly coldStartMs: number | null;
  /** From when it was sent to the app until the first byte of the answer. */
  readonly firstByteMs: number | null;
  /** Until the answer was complete. Null: it is under way. */
  readonly totalMs: number | null;
};

/** One request, as a line in a list. */
export type ExchangeSummary = {
  /** Grows with each request of the daemon and is never given twice while it lives. */
  readonly id: number;
  readonly app: string;
  /** When it began, in milliseconds since the epoch. */
  readonly time: number;
  readonly method: string;
  /** Whole, as the client asked: `https://web.test/path?query`. */
  readonly url: string;
  /** Null: there is no answer yet. */
  readonly status: number | null;
  /** Null: it is under way. */
  readonly outcome: 'answered' | 'cut-off' | 'client-gone' | 'tunnelled' | null;
  readonly httpVersion: string;
  /** The media type of the answer. */
  readonly contentType: string | null;
  /** Body bytes from and to the client. */
  readonly bytesReceived: number;
  readonly bytesSent: number;
  readonly timing: ExchangeTiming;
  /** `websocket`, where it asked for an upgrade. */
  readonly upgrade: string | null;
  /** The request that was sent again with this one. */
  readonly replayOf: number | null;
};

/** Fields in their order, secrets masked. */
export type Fields = readonly (readonly [name: string, value: string])[];

/** The first bytes of a body. */
export type CapturedBody = {
  /** `utf8` where all of it is text, as it was after its content coding was undone; `base64` otherwise. */
  readonly encoding: 'utf8' | 'base64';
  readonly data: string;
  /** How many bytes the whole body had. */
  readonly bytes: number;
  /** Whether `data` is less than the whole. */
  readonly isTruncated: boolean;
};

/** Frames of a WebSocket. */
export type FrameCounts = {readonly fromClient: number; readonly toClient: number};

/** One request with all that is kept of it. */
export type ExchangeDetail = ExchangeSummary & {
  readonly clientAddress: string;
  readonly request: {readonly fields: Fields; readonly body: CapturedBody | null};
  readonly response: {readonly reason: string; readonly fields: Fields; readonly body: CapturedBody | null} | null;
  readonly frames: FrameCounts | null;
  /** Why there was no answer of the app. */
  readonly error: string | null;
};

/** What is changed of a request that is sent again; what is left out stays. */
export type ReplayEdit = {
  readonly method?: string;
  /** Path and query. */
  readonly target?: string;
  readonly fields?: Fields;
  readonly body?: Pick<CapturedBody, 'encoding' | 'data'>;
};

/** What a status may be asked for as. */
export const STATUS_PATTERN = /^[1-5](?:\d\d|xx)$/i;

/** Which requests: all that is left out matches everything. */
export type ExchangeQuery = {
  readonly app?: string;
  /** `404`, or `5xx`. */
  readonly status?: string;
  readonly method?: string;
  /** Part of the URL. */
  readonly url?: string;
};

export type ExchangeEvent =
  /** It began, or something of it changed: the id tells which one. */
  | {readonly type: 'request'; readonly exchange: ExchangeSummary}
  /** So many were not kept until the client could take them. */
  | {readonly type: 'skipped-requests'; readonly count: number};

/** What an app was asked for lately. */
export type Traffic = {
  /** Over the last ten seconds. */
  readonly requestsPerSecond: number;
  /** Of the last minute, from the head of a request to the end of its answer. Null: there was none. */
  readonly p95Ms: number | null;
  /** Answers with 5xx, and those cut off, since the daemon started. */
  readonly errors: number;
  readonly requests: number;
};

/** The calls of the dev daemon about requests. */
export type ExchangeMethods = {
  /** The last `count` that match, oldest first; with `follow` also those to come. */
  readonly requests: Method<
    {readonly query: ExchangeQuery; readonly count: number; readonly follow: boolean},
    Record<string, never>,
    ExchangeEvent
  >;
  /** Rejects with NO_SUCH_REQUEST. */
  readonly request: Method<{readonly id: number}, ExchangeDetail>;
  /** Sends it again; answers when the answer is complete. Rejects with NO_SUCH_REQUEST, BODY_NOT_KEPT. */
  readonly replay: Method<{readonly id: number; readonly edit: ReplayEdit}, ExchangeSummary>;
};
