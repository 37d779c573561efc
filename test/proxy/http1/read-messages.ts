import {UPGRADE} from '../../../src/proxy/field-kinds.js';
import type {HeaderFields} from '../../../src/proxy/header-fields.js';
import {BodyReader, type BodySink} from '../../../src/proxy/http1/body-reader.js';
import {HeadBuffer} from '../../../src/proxy/http1/head-buffer.js';
import {HeadParser, INCOMPLETE, NO_LENGTH, REFUSED} from '../../../src/proxy/http1/head-parser.js';
import {HEAD_TOO_LARGE, type Refusal} from '../../../src/proxy/http1/refusal.js';
import {checkRequest, hasOption, isRefusal} from '../../../src/proxy/http1/request-checks.js';
import {DEFAULT_LIMITS} from '../../../src/proxy/limits.js';
import {mayHaveBody} from '../../../src/proxy/methods.js';

export type Field = readonly [name: string, value: string];

export type ReadMessage = {
  /** Method, target and host, or status and reason. */
  readonly start: readonly (string | number)[];
  readonly minorVersion: number;
  readonly fields: readonly Field[];
  body: string;
  trailers: readonly Field[];
  /** Behind how many bytes of all it ends; -1 while it does not. */
  end: number;
};

/**
 * What a connection makes of the bytes it gets. `ended`: all were used. `closed`: nothing is read behind the last message.
 * `refused` says why in `problem`.
 */
export type Reading = {
  readonly messages: ReadMessage[];
  outcome: 'ended' | 'closed' | 'refused' | 'incomplete';
  problem: string;
};

/** Reads requests with the pieces of the client's connection, as they come. */
export const readRequests = (pieces: readonly Buffer[]): Reading =>
  read(
    pieces,
    new HeadParser({fields: DEFAULT_LIMITS.requestFields, targetBytes: DEFAULT_LIMITS.targetBytes}),
    REQUESTS,
  );

/** Reads the answer to a request with the pieces of the upstream's connection, and the interim ones before it. */
export const readResponses = (pieces: readonly Buffer[], method = 'GET'): Reading =>
  read(
    pieces,
    new HeadParser({fields: DEFAULT_LIMITS.responseFields, targetBytes: DEFAULT_LIMITS.targetBytes}),
    responsesTo(method),
  );

export const bytesOf = (text: string): Buffer => Buffer.from(text, 'latin1');

function read(pieces: readonly Buffer[], parser: HeadParser, kind: Kind): Reading {
  const reader = new MessageReader(parser, kind);
  for (const piece of pieces) reader.push(piece);
  return reader.finish();
}

/** What requests and responses differ in. */
type Kind = {
  parse(parser: HeadParser, bytes: Buffer, start: number): number;
  /** Whether an empty line may stand before the head. */
  readonly mayStartEmpty: boolean;
  start(parser: HeadParser): readonly (string | number)[] | Refusal;
  startBody(parser: HeadParser, body: BodyReader): void;
  isLast(parser: HeadParser): boolean;
};

const REQUESTS: Kind = {
  parse: (parser, bytes, start) => parser.parseRequest(bytes, start),
  mayStartEmpty: true,
  start(parser) {
    const checked = checkRequest(parser);
    return isRefusal(checked) ? checked : [parser.method, checked.target, checked.host];
  },
  startBody({isChunked, contentLength}, body) {
    if (isChunked) body.startChunked();
    else if (contentLength > 0) body.startLength(contentLength);
    else body.startEmpty();
  },
  isLast({minorVersion, connection, fields}) {
    if (fields.hasKind(UPGRADE)) return true;
    if (!connection) return minorVersion === 0;
    return minorVersion === 1 ? hasOption(fields, 'close') : !hasOption(fields, 'keep-alive');
  },
};

const responsesTo = (method: string): Kind => ({
  parse: (parser, bytes, start) => parser.parseResponse(bytes, start),
  mayStartEmpty: false,
  start: ({status, reason, isChunked, minorVersion}) =>
    isChunked && minorVersion === 0 ? {status: 502, problem: 'chunks in HTTP/1.0'} : [status, reason],
  startBody({status, isChunked, contentLength}, body) {
    if (!mayHaveBody(method, status)) body.startEmpty();
    else if (isChunked) body.startChunked();
    else if (contentLength !== NO_LENGTH) body.startLength(contentLength);
    else body.startUntilClose();
  },
  isLast: ({status}) => status >= 200 || status === 101,
});

class MessageReader implements BodySink {
  readonly #reading: Reading = {messages: [], outcome: 'ended', problem: ''};
  readonly #parser: HeadParser;
  readonly #body: BodyReader;
  readonly #kind: Kind;
  #head: HeadBuffer | undefined;
  #message: ReadMessage | undefined;
  #isLast = false;
  #isOver = false;
  /** How many bytes stand before the first of those that are read. */
  #base = 0;
  #received = 0;

  constructor(parser: HeadParser, kind: Kind) {
    this.#parser = parser;
    this.#kind = kind;
    this.#body = new BodyReader(parser, DEFAULT_LIMITS.headBytes);
  }

  push(piece: Buffer): void {
    let bytes = piece;
    let position = 0;
    this.#base = this.#received;
    this.#received += piece.length;
    while (position < bytes.length && !this.#isOver) {
      if (this.#message !== undefined) {
        position = this.#readBody(bytes, position);
      } else {
        if (this.#head !== undefined) {
          const before = this.#head.length;
          const all = this.#head.add(bytes.subarray(position));
          if (all === undefined) {
            if (this.#head.length > DEFAULT_LIMITS.headBytes) this.#refuse(HEAD_TOO_LARGE);
            return;
          }
          this.#base += position - before;
          bytes = all;
          position = 0;
        }
        position = this.#readHead(bytes, position);
      }
    }
  }

  finish(): Reading {
    if (this.#isOver) return this.#reading;
    if (this.#body.endsWithConnection) this.#complete(this.#received);
    else if (!this.#body.isDone || this.#head !== undefined) this.#reading.outcome = 'incomplete';
    return this.#reading;
  }

  onBodyData(chunk: Buffer): void {
    (this.#message as ReadMessage).body += chunk.toString('latin1');
  }

  #parse(bytes: Buffer, start: number): number {
    if (!this.#kind.mayStartEmpty || bytes[start] !== 0x0d) return this.#kind.parse(this.#parser, bytes, start);
    if (start + 1 === bytes.length) return INCOMPLETE;
    return this.#kind.parse(this.#parser, bytes, bytes[start + 1] === 0x0a ? start + 2 : start);
  }

  #readHead(bytes: Buffer, start: number): number {
    const end = this.#parse(bytes, start);
    if (end === INCOMPLETE) {
      this.#head ??= new HeadBuffer();
      this.#head.keep(bytes.subarray(start));
      return bytes.length;
    }
    this.#head = undefined;
    if (end === REFUSED) return this.#refuse(this.#parser.refusal);
    if (end - start > DEFAULT_LIMITS.headBytes) return this.#refuse(HEAD_TOO_LARGE);
    return this.#begin(end);
  }

  #begin(end: number): number {
    const {minorVersion, fields} = this.#parser;
    const started = this.#kind.start(this.#parser);
    if ('problem' in started) return this.#refuse(started);
    this.#message = {start: started, minorVersion, fields: listOf(fields), body: '', trailers: [], end: -1};
    this.#reading.messages.push(this.#message);
    this.#isLast = this.#kind.isLast(this.#parser);
    this.#kind.startBody(this.#parser, this.#body);
    if (this.#body.isDone) this.#complete(this.#base + end);
    return end;
  }

  #readBody(bytes: Buffer, start: number): number {
    const end = this.#body.read(bytes, start, this);
    if (end === REFUSED) return this.#refuse({status: 400, problem: 'the body'});
    if (this.#body.isDone) this.#complete(this.#base + end);
    return end;
  }

  #complete(end: number): void {
    const message = this.#message as ReadMessage;
    message.end = end;
    message.trailers = listOf(this.#body.trailers);
    this.#message = undefined;
    if (!this.#isLast) return;
    this.#isOver = true;
    this.#reading.outcome = 'closed';
  }

  #refuse({problem}: Refusal): number {
    this.#isOver = true;
    this.#reading.outcome = 'refused';
    this.#reading.problem = problem;
    return Number.MAX_SAFE_INTEGER;
  }
}

/**
 * Reads a message in pieces that is refused as a whole. What is wrong with a head or with trailers is seen at the latest
 * when they end: where the message stops before that, an end is put behind it.
 */
export function readRefused(read: (pieces: readonly Buffer[]) => Reading, pieces: readonly Buffer[]): Reading {
  const reading = read(pieces);
  return reading.outcome === 'incomplete' ? read([...pieces, HEAD_END]) : reading;
}

const HEAD_END = bytesOf('\r\n\r\n');

const listOf = (fields: HeaderFields | undefined): Field[] => (fields === undefined ? [] : [...fields]);
