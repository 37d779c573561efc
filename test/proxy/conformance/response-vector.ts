// What a vector of an answer is: what an app sends, and what of it a client gets. Every text stands for bytes (latin1).

import type {Framing} from './answers.js';

/**
 * - `passed`: the client gets the answer, whole.
 * - `bad-gateway`: the client gets a 502 and nothing of the app's.
 * - `broken`: it cannot be told whether the answer was whole: a 502 if nothing of it was out, else it must look cut off.
 */
export type AnswerVerdict = 'passed' | 'bad-gateway' | 'broken';

export type AnswerSight = {
  readonly status?: number;
  readonly body?: string;
  readonly framing?: Framing;
  /** Of the 1xx answers before it. */
  readonly interim?: readonly number[];
  /** `name: value`, names in lower case. */
  readonly trailers?: readonly string[];
  /** Found in the bytes the client got, or not. */
  readonly sees?: readonly RegExp[];
  readonly lacks?: readonly RegExp[];
};

export type ResponseVector = {
  /** A sentence with the gateway as its subject. */
  readonly name: string;
  /** A GET in HTTP/1.1 if not given. Its target must be /vector. */
  readonly request?: string;
  readonly answer: string;
  /** What the app does behind its answer; it keeps the connection if not given. */
  readonly ending?: 'close' | 'reset';
  readonly expect: AnswerVerdict;
  readonly client?: AnswerSight;
  /** Whether the app's connection may carry the next request; it must not matter if not given. */
  readonly isReused?: boolean;
  /** Of what follows an answer nobody can tell when it comes: such a vector is not cut apart. */
  readonly isWhole?: boolean;
};

export type ResponseGroup = {readonly title: string; readonly vectors: readonly ResponseVector[]};

/** What a client asks for instead of a plain GET. */
export const requestOf = (line: string, ...fields: readonly string[]): string =>
  `${[line, 'Host: app.test', ...fields].join('\r\n')}\r\n\r\n`;

/** The head of an answer. */
export const answerHead = (line: string, ...fields: readonly string[]): string =>
  `${[`HTTP/1.1 ${line}`, ...fields].join('\r\n')}\r\n\r\n`;

/** A whole answer with these fields, and `hello` for a body. */
export const hello = (...fields: readonly string[]): string =>
  `${answerHead('200 OK', ...fields, 'Content-Length: 5')}hello`;

/** An answer in chunks, as they are on the wire. */
export const chunkedAnswer = (wire: string, ...fields: readonly string[]): string =>
  answerHead('200 OK', 'Transfer-Encoding: chunked', ...fields) + wire;

export const passes = (name: string, answer: string, client: AnswerSight = {}): ResponseVector => ({
  name: `passes ${name}`,
  answer,
  expect: 'passed',
  client,
});

export const turnsInto502 = (name: string, answer: string): ResponseVector => ({
  name: `makes a 502 of ${name}`,
  answer,
  expect: 'bad-gateway',
  isReused: false,
});

export const breaks = (name: string, answer: string, ending?: 'close' | 'reset'): ResponseVector => ({
  name: `never makes a whole answer of ${name}`,
  answer,
  ...(ending === undefined ? {} : {ending}),
  expect: 'broken',
  isReused: false,
});
