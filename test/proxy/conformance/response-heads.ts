// Group D: the heads of answers. One of which it is not clear where its body ends is a 502 (RFC 9112, sections 4 and 6.3).

import {
  answerHead,
  chunkedAnswer,
  hello,
  passes,
  type ResponseGroup,
  type ResponseVector,
  requestOf,
  turnsInto502,
} from './response-vector.js';
import {chunk, nameOfByte} from './vector.js';

const LAST = '0\r\n\r\n';
const HELLO = {body: 'hello'};

const OLD_KEPT_REQUEST = requestOf('GET /vector HTTP/1.0', 'Connection: keep-alive');
const OLD_REQUEST = requestOf('GET /vector HTTP/1.0');

const INVALID_LINES: readonly string[] = [
  'HTTP/1.1 99 OK',
  'HTTP/1.1 099 OK',
  'HTTP/1.1 000 OK',
  'HTTP/1.1 600 OK',
  'HTTP/1.1 999 OK',
  'HTTP/1.1 20 OK',
  'HTTP/1.1 2000 OK',
  'HTTP/1.1 0200 OK',
  'HTTP/1.1 2x0 OK',
  'HTTP/1.1 +20 OK',
  'HTTP/1.1 -200 OK',
  'HTTP/1.1  200 OK',
  'HTTP/1.1\t200 OK',
  'HTTP/1.1 200\0OK',
  'HTTP/1.1 200OK',
  'HTTP/1.1 200 O\0K',
  'HTTP/1.1 200 O\x7fK',
  'HTTP/1.1 200 O\rK',
  'HTTP/1.1',
  'HTTP/1.1 ',
  'HTTP/1.1 OK',
  'HTTP/1.2 200 OK',
  'HTTP/0.9 200 OK',
  'HTTP/2.0 200 OK',
  'HTTP/2 200 OK',
  'HTTP/11 200 OK',
  'http/1.1 200 OK',
  'HTTP /1.1 200 OK',
  ' HTTP/1.1 200 OK',
  'ICY 200 OK',
  'SSH-2.0-OpenSSH_9.2',
  '200 OK',
  'GET / HTTP/1.1',
  '<html>',
  '\x15\x03\x01\x00\x02\x02\x46',
];

const lines: readonly ResponseVector[] = [
  ...INVALID_LINES.map(line =>
    turnsInto502(`the status line ${JSON.stringify(line)}`, `${line}\r\nContent-Length: 5\r\n\r\nhello`),
  ),
  turnsInto502('an answer without a head', 'hello'.repeat(3).concat('\r\n\r\n')),
  passes('an answer without a reason', `${answerHead('200 ', 'Content-Length: 5')}hello`, HELLO),
  passes('an answer without a reason or the space before it', `${answerHead('200', 'Content-Length: 5')}hello`, HELLO),
  passes('a reason of its own', `${answerHead('200 Fine, thanks', 'Content-Length: 5')}hello`, HELLO),
  passes('a status nobody knows', `${answerHead('299 Odd', 'Content-Length: 5')}hello`, {...HELLO, status: 299}),
  passes('the highest status there is', `${answerHead('599 Odd', 'Content-Length: 5')}hello`, {...HELLO, status: 599}),
  {
    ...passes('an answer in HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello', HELLO),
    isReused: false,
  },
];

const framed = (...fields: readonly string[]): string => `${answerHead('200 OK', ...fields)}hello`;

const framing: readonly ResponseVector[] = [
  ...[
    '',
    '5, 5',
    '5,6',
    '+5',
    '-5',
    '0x5',
    '5.0',
    '5_0',
    '5 5',
    '"5"',
    'five',
    '9007199254740992',
    '18446744073709551621',
  ].map(length => turnsInto502(`a length of ${JSON.stringify(length)}`, framed(`Content-Length: ${length}`))),
  turnsInto502('two lengths that differ', framed('Content-Length: 5', 'Content-Length: 6')),
  turnsInto502('two lengths that are equal', framed('Content-Length: 5', 'Content-Length: 5')),
  turnsInto502('a length beside chunked', chunkedAnswer(chunk('hello') + LAST, 'Content-Length: 5')),
  turnsInto502('a length beside an unknown encoding', framed('Content-Length: 5', 'Transfer-Encoding: gzip')),
  ...[
    '',
    ' identity',
    ' gzip',
    ' gzip, chunked',
    ' chunked, gzip',
    ' chunked, chunked',
    ' xchunked',
    ' chunked;q=1',
    ' "chunked"',
    ' ,chunked',
    ' \x0bchunked',
    ' chunked\xa0',
  ].map(encoding =>
    turnsInto502(
      `Transfer-Encoding:${JSON.stringify(encoding)}`,
      `${answerHead('200 OK', `Transfer-Encoding:${encoding}`)}${chunk('hello')}${LAST}`,
    ),
  ),
  turnsInto502('two encodings', chunkedAnswer(chunk('hello') + LAST, 'Transfer-Encoding: chunked')),
  passes('an answer of a length', hello(), {...HELLO, framing: 'length'}),
  passes('an empty answer', answerHead('200 OK', 'Content-Length: 0'), {body: ''}),
  passes('a length with zeros before it', framed('Content-Length: 05'), HELLO),
  passes('chunks', chunkedAnswer(chunk('he') + chunk('llo') + LAST), {...HELLO, framing: 'chunked'}),
  passes('chunked in any case', `${answerHead('200 OK', 'transfer-encoding: CHUNKED')}${chunk('hello')}${LAST}`, HELLO),
  passes('the extensions of chunks, without them', chunkedAnswer(`5;ext=1\r\nhello\r\n${LAST}`), {
    ...HELLO,
    lacks: [/ext/],
  }),
  passes('no chunk but the last', chunkedAnswer(LAST), {body: ''}),
  {
    ...passes('an answer that ends with its connection', framed(), {...HELLO, framing: 'chunked'}),
    ending: 'close',
    isReused: false,
  },
  {
    ...passes('an empty answer that ends with its connection', answerHead('200 OK'), {body: ''}),
    ending: 'close',
    isReused: false,
  },
  {
    ...passes('an answer that ends with its connection to HTTP/1.0', framed(), {...HELLO, framing: 'close'}),
    request: OLD_REQUEST,
    ending: 'close',
  },
  {
    ...passes('chunks to HTTP/1.0 without them', chunkedAnswer(chunk('he') + chunk('llo') + LAST), {
      ...HELLO,
      framing: 'close',
    }),
    request: OLD_REQUEST,
  },
  {
    ...passes('a length to HTTP/1.0 that wants to be kept alive', hello(), {
      ...HELLO,
      framing: 'length',
      sees: [/\r\nConnection: keep-alive\r\n/i],
    }),
    request: OLD_KEPT_REQUEST,
  },
  {
    ...passes('chunks to HTTP/1.0 that wants to be kept alive, and closes', chunkedAnswer(chunk('hello') + LAST), {
      ...HELLO,
      framing: 'close',
      lacks: [/\r\nConnection: keep-alive\r\n/i],
    }),
    request: OLD_KEPT_REQUEST,
  },
  {...passes('a length to HTTP/1.0', hello(), {...HELLO, framing: 'length'}), request: OLD_REQUEST},
];

const syntax: readonly ResponseVector[] = [
  ...[0x00, 0x01, 0x08, 0x0b, 0x0c, 0x1f, 0x7f].flatMap(byte => [
    turnsInto502(`${nameOfByte(byte)} in a value`, hello(`X-A: b${String.fromCharCode(byte)}c`)),
    turnsInto502(`${nameOfByte(byte)} in a name`, hello(`X${String.fromCharCode(byte)}A: b`)),
  ]),
  turnsInto502('bare LFs', 'HTTP/1.1 200 OK\nContent-Length: 5\n\nhello'),
  turnsInto502('a bare LF behind the status line', 'HTTP/1.1 200 OK\nContent-Length: 5\r\n\r\nhello'),
  turnsInto502('a bare LF behind a field', hello('X-A: b\nX-C: d')),
  turnsInto502('a bare CR behind a field', hello('X-A: b\rX-C: d')),
  turnsInto502('a head that ends in CR LF LF', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\nhello'),
  turnsInto502(
    'a head that ends in CR LF CR and another byte',
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\rhello\r\n\r\n',
  ),
  turnsInto502('a value folded onto the next line', hello('X-A: b', ' c')),
  turnsInto502('a space before a colon', hello('X-A : b')),
  turnsInto502('a line without a colon', hello('X-A')),
  turnsInto502('a line without a name', hello(': b')),
  turnsInto502('a space in a name', hello('X A: b')),
  turnsInto502('a byte over 0x7f in a name', hello('X\xe9: b')),
  turnsInto502('a head of more than 64 KiB', hello(`X-A: ${'x'.repeat(65_536)}`)),
  turnsInto502('501 fields', hello(...Array.from({length: 500}, (_, index) => `X${index}: 1`))),
  passes('500 fields', hello(...Array.from({length: 499}, (_, index) => `X${index}: 1`)), HELLO),
  passes('a head of nearly 64 KiB', hello(`X-A: ${'x'.repeat(65_000)}`), HELLO),
];

const fields: readonly ResponseVector[] = [
  passes(
    'a hundred cookies, each in its line',
    hello(...Array.from({length: 100}, (_, index) => `Set-Cookie: c${index}=${index}`)),
    {
      ...HELLO,
      sees: [/(?:\r\nSet-Cookie: c\d+=\d+){100}\r\n/],
    },
  ),
  passes('case and order of fields', hello('x-B: 1', 'X-a: 2', 'x-B: 3'), {
    sees: [/\r\nx-B: 1\r\nX-a: 2\r\nx-B: 3\r\n/],
  }),
  passes('an empty value', hello('X-A:', 'X-B: c'), {sees: [/\r\nX-A: ?\r\nX-B: c\r\n/]}),
  passes('a tab inside a value', hello('X-A: b\tc'), {sees: [/\r\nX-A: b\tc\r\n/]}),
  passes('latin1 in a value', hello('X-A: caf\xe9'), {sees: [/\r\nX-A: caf\xe9\r\n/]}),
  passes('UTF-8 in a value', hello('X-A: caf\xc3\xa9 \xf0\x9f\x90\x99'), {
    sees: [/\r\nX-A: caf\xc3\xa9 \xf0\x9f\x90\x99\r\n/],
  }),
  passes('the names __proto__ and constructor', hello('__proto__: x', 'constructor: y'), {
    sees: [/\r\n__proto__: x\r\nconstructor: y\r\n/],
  }),
  passes('names with underscores', hello('X_A: b'), {sees: [/\r\nX_A: b\r\n/]}),
  passes('the date of the app, and no other', hello('Date: Thu, 01 Jan 1970 00:00:00 GMT'), {
    sees: [/\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n/],
    lacks: [/\r\nDate: [^\r]*\r\n(?:[^\r]+\r\n)*Date:/i],
  }),
  passes('an answer without what Connection names', hello('Connection: x-hop', 'X-Hop: 1', 'X-A: b'), {
    sees: [/\r\nX-A: b\r\n/],
    lacks: [/x-hop/i],
  }),
  passes('an answer whose Connection names its length, with it', hello('Connection: content-length'), {
    ...HELLO,
    framing: 'length',
  }),
  passes(
    'chunks whose Connection names their encoding, with it',
    chunkedAnswer(chunk('hello') + LAST, 'Connection: transfer-encoding'),
    HELLO,
  ),
  ...['Keep-Alive: timeout=77', 'Proxy-Authenticate: Basic', 'Proxy-Connection: x', 'Upgrade: h2c', 'TE: x'].map(
    field =>
      passes(`an answer without its "${field}"`, hello(field, 'X-A: b'), {
        sees: [/\r\nX-A: b\r\n/],
        lacks: [new RegExp(`\r\n${field}\r\n`, 'i')],
      }),
  ),
  {...passes('an answer that closes its connection', hello('Connection: close'), HELLO), isReused: false},
  {
    ...passes('an answer that closes its connection in any case', hello('connection: x, CLOSE'), HELLO),
    isReused: false,
  },
];

export const RESPONSE_HEADS: readonly ResponseGroup[] = [
  {title: 'the gateway, of status lines,', vectors: lines},
  {title: 'the gateway, of the framing of answers,', vectors: framing},
  {title: 'the gateway, of the syntax of answers,', vectors: syntax},
  {title: 'the gateway, of the fields of answers,', vectors: fields},
];
