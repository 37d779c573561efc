import {STATUS_CODES} from 'node:http';

/** Why a message is refused: the status a client gets, and what is wrong in a sentence. */
export type Refusal = {readonly status: number; readonly problem: string};

/** What a client is told besides the sentence. */
const CODES: Readonly<Record<number, {readonly code: string}>> = {
  400: {code: 'BAD_REQUEST'},
  405: {code: 'METHOD_NOT_ALLOWED'},
  408: {code: 'REQUEST_TIMEOUT'},
  414: {code: 'URI_TOO_LONG'},
  417: {code: 'EXPECTATION_FAILED'},
  421: {code: 'OTHER_CLIENT_CERTIFICATE_POLICY'},
  431: {code: 'HEAD_TOO_LARGE'},
  508: {code: 'LOOP_DETECTED'},
};

/** RFC 9110, section 15.5.6: who is told that a method is not served is told which are. */
export const SERVED_METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS';

/** The text of the answer to a refused request. */
export const renderProblem = ({status, problem}: Refusal): string => `${status} ${CODES[status]?.code}: ${problem}\n`;

/** The whole answer to a refused request, after which the connection is closed. */
export function renderRefusal(refused: Refusal): string {
  const {status} = refused;
  const reason = STATUS_CODES[status] ?? '';
  const body = renderProblem(refused);
  const allow = status === 405 ? `Allow: ${SERVED_METHODS}\r\n` : '';
  return `HTTP/1.1 ${status} ${reason}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ${body.length}\r\nCache-Control: no-store\r\n${allow}Connection: close\r\n\r\n${body}`;
}

export const refusal = (problem: string, status = 400): Refusal => ({status, problem});

export const BARE_LINE_END = refusal('a line does not end in CR LF');
export const BAD_FIELD_NAME = refusal('a header name has characters it may not have');
export const BAD_FIELD_VALUE = refusal('a header value has control characters');
export const FOLDED_LINE = refusal('a header is folded over two lines');
export const BAD_REQUEST_LINE = refusal('the request line is not "METHOD target HTTP/1.1"');
export const BAD_METHOD = refusal('the method is not a token');
export const BAD_TARGET = refusal('the request target is not a path in printable characters');
export const BAD_VERSION = refusal('the HTTP version is not 1.0 or 1.1');
export const TARGET_TOO_LONG = refusal('the request target is too long', 414);
export const TOO_MANY_EMPTY_LINES = refusal('there are empty lines in front of the request');
export const HEAD_TOO_LARGE = refusal('the request head is too large', 431);
export const TOO_MANY_FIELDS = refusal('the request has too many headers', 431);
export const METHOD_NOT_SERVED = refusal('this method is not served', 405);
export const NO_HOST = refusal('the request has no Host header');
export const SEVERAL_HOSTS = refusal('the request has more than one Host header');
export const OTHER_HOST = refusal('the request has a Host header that differs from its target');
export const BAD_LENGTH = refusal('the Content-Length is not a number');
export const SEVERAL_LENGTHS = refusal('the message has more than one Content-Length');
export const LENGTH_AND_CHUNKS = refusal('the message has both Content-Length and Transfer-Encoding');
export const BAD_ENCODING = refusal('the Transfer-Encoding is not "chunked"');
export const OLD_WITH_ENCODING = refusal('HTTP/1.0 knows no Transfer-Encoding');
export const BAD_STATUS_LINE = refusal('the status line is not "HTTP/1.1 200 reason"');
/** RFC 5842, section 7.2. */
export const LOOP = refusal('the request has come through this proxy too often', 508);
export const OTHER_POLICY = refusal('this host is not served on a connection that was made to another one', 421);
export const BAD_EXPECTATION = refusal('only "Expect: 100-continue" can be met', 417);
