// Groups D, E and G: what an app answers. An answer of which it is not clear where it ends is never made whole, and its
// connection never carries another (RFC 9112, section 6.3).

import {
  answerHead,
  breaks,
  chunkedAnswer,
  hello,
  passes,
  type ResponseGroup,
  type ResponseVector,
  turnsInto502,
} from './response-vector.js';
import {chunk, nameOfByte} from './vector.js';

const LAST = '0\r\n\r\n';
const HELLO = {body: 'hello'};

const requestOf = (line: string, ...fields: readonly string[]): string =>
  `${[line, 'Host: app.test', ...fields].join('\r\n')}\r\n\r\n`;
const HEAD_REQUEST = requestOf('HEAD /vector HTTP/1.1');
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

const trailers: readonly ResponseVector[] = [
  passes('one', chunkedAnswer(`${chunk('hello')}0\r\nX-Sum: abc\r\n\r\n`), {...HELLO, trailers: ['x-sum: abc']}),
  passes('several, in order', chunkedAnswer(`${chunk('hello')}0\r\nX-B: 1\r\nX-A: 2\r\n\r\n`), {
    ...HELLO,
    trailers: ['x-b: 1', 'x-a: 2'],
  }),
  ...['Content-Length: 44', 'Transfer-Encoding: chunked', 'Connection: close', 'Host: x'].map(field =>
    passes(`"${field}" without it`, chunkedAnswer(`${chunk('hello')}0\r\n${field}\r\nX-Sum: abc\r\n\r\n`), {
      ...HELLO,
      trailers: ['x-sum: abc'],
    }),
  ),
  {
    ...passes('one to HTTP/1.0 without it', chunkedAnswer(`${chunk('hello')}0\r\nX-Sum: abc\r\n\r\n`), {
      ...HELLO,
      lacks: [/x-sum/i],
    }),
    request: OLD_REQUEST,
  },
  breaks('a trailer without a colon', chunkedAnswer(`${chunk('hello')}0\r\nX-Sum\r\n\r\n`)),
  breaks('a trailer that ends in a bare LF', chunkedAnswer(`${chunk('hello')}0\r\nX-Sum: 1\n\r\n`)),
  breaks('trailers of more than 64 KiB', chunkedAnswer(`${chunk('hello')}0\r\nX-Sum: ${'x'.repeat(65_600)}\r\n\r\n`)),
];

const hints = (count: number): string => answerHead('103 Early Hints', 'Link: </a.css>; rel=preload').repeat(count);

const interim: readonly ResponseVector[] = [
  passes('103', hints(1) + hello(), {...HELLO, interim: [103], sees: [/\r\nLink: <\/a\.css>; rel=preload\r\n/]}),
  passes('103 many times', hints(50) + hello(), {...HELLO, interim: Array.from({length: 50}, () => 103)}),
  passes('102', `${answerHead('102 Processing')}${hello()}`, {...HELLO, interim: [102]}),
  passes('102 and 103', `${answerHead('102 Processing')}${hints(1)}${hello()}`, {...HELLO, interim: [102, 103]}),
  passes('103 with a length, without it', answerHead('103 Early Hints', 'Content-Length: 5') + hello(), {
    ...HELLO,
    interim: [103],
    lacks: [/103 Early Hints\r\nContent-Length/i],
  }),
  passes('an answer without the 100 nobody asked for', answerHead('100 Continue') + hello(), {...HELLO, interim: []}),
  {...passes('103 to HTTP/1.0 without it', hints(3) + hello(), {...HELLO, interim: []}), request: OLD_REQUEST},
  {
    ...passes('103 before a head', hints(1) + answerHead('200 OK', 'Content-Length: 5'), {interim: [103]}),
    request: HEAD_REQUEST,
  },
  turnsInto502(
    '101 that nobody asked for',
    answerHead('101 Switching Protocols', 'Connection: Upgrade', 'Upgrade: websocket'),
  ),
  turnsInto502('101 without an upgrade', answerHead('101 Switching Protocols') + hello()),
  turnsInto502('1xx without end', hints(1_000) + hello()),
  {...turnsInto502('103 and nothing behind it', hints(1)), ending: 'close'},
  {...turnsInto502('103 and a reset', hints(1)), ending: 'reset'},
  turnsInto502('a 103 that is not valid', answerHead('103 Early Hints', 'X A: b') + hello()),
  {
    ...passes('an answer without the 1xx behind it', hello() + hints(1), {...HELLO, interim: []}),
    isReused: false,
    isWhole: true,
  },
];

const noBody = {body: '', framing: 'none'} as const;

const bodiless: readonly ResponseVector[] = [
  {
    ...passes('HEAD with a length', answerHead('200 OK', 'Content-Length: 5'), {
      ...noBody,
      sees: [/\r\nContent-Length: 5\r\n/i],
    }),
    request: HEAD_REQUEST,
    isReused: true,
  },
  {
    ...passes('HEAD with chunked', answerHead('200 OK', 'Transfer-Encoding: chunked'), noBody),
    request: HEAD_REQUEST,
    isReused: true,
  },
  {...passes('HEAD without framing', answerHead('200 OK'), noBody), request: HEAD_REQUEST},
  {
    ...turnsInto502('HEAD with two lengths', answerHead('200 OK', 'Content-Length: 5', 'Content-Length: 6')),
    request: HEAD_REQUEST,
  },
  {
    ...turnsInto502(
      'HEAD with both length and chunked',
      answerHead('200 OK', 'Content-Length: 5', 'Transfer-Encoding: chunked'),
    ),
    request: HEAD_REQUEST,
  },
  {...passes('204', answerHead('204 No Content'), {...noBody, status: 204}), isReused: true},
  passes('204 with a length, without a body', answerHead('204 No Content', 'Content-Length: 5'), {
    ...noBody,
    status: 204,
  }),
  {
    ...passes('304', answerHead('304 Not Modified', 'ETag: "a"'), {
      ...noBody,
      status: 304,
      sees: [/\r\nETag: "a"\r\n/],
    }),
    isReused: true,
  },
  {
    ...passes('304 with a length, without a body', answerHead('304 Not Modified', 'Content-Length: 5'), {
      ...noBody,
      status: 304,
    }),
    isReused: true,
  },
  passes('205 of no length', answerHead('205 Reset Content', 'Content-Length: 0'), {status: 205, body: ''}),
];

/** What comes behind an answer is never the beginning of another. */
const POISON = 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison';
const surplus = (vector: ResponseVector): ResponseVector => ({...vector, isReused: false, isWhole: true});

const surpluses: readonly ResponseVector[] = [
  surplus({...passes('HEAD without the body an app sends', hello(), noBody), request: HEAD_REQUEST}),
  surplus({
    ...passes('HEAD without the chunks an app sends', chunkedAnswer(chunk('hello') + LAST), noBody),
    request: HEAD_REQUEST,
  }),
  surplus({
    ...passes(
      'HEAD without an answer in place of its body',
      answerHead('200 OK', `Content-Length: ${POISON.length}`) + POISON,
      noBody,
    ),
    request: HEAD_REQUEST,
  }),
  surplus(
    passes('204 without the body an app sends', `${answerHead('204 No Content', 'Content-Length: 5')}hello`, {
      ...noBody,
      status: 204,
    }),
  ),
  surplus(
    passes(
      '204 without the chunks an app sends',
      `${answerHead('204 No Content', 'Transfer-Encoding: chunked')}${chunk('hello')}${LAST}`,
      {...noBody, status: 204},
    ),
  ),
  surplus(
    passes('304 without the body an app sends', `${answerHead('304 Not Modified', 'Content-Length: 5')}hello`, {
      ...noBody,
      status: 304,
    }),
  ),
  surplus(passes('a body without the bytes behind it', `${hello()}more`, HELLO)),
  surplus(passes('a body without the answer behind it', hello() + POISON, HELLO)),
  surplus(passes('chunks without the answer behind them', chunkedAnswer(chunk('hello') + LAST) + POISON, HELLO)),
  surplus(
    passes('an empty answer without the answer behind it', answerHead('200 OK', 'Content-Length: 0') + POISON, {
      body: '',
    }),
  ),
  surplus(passes('a body without the end of line behind it', `${hello()}\r\n`, HELLO)),
];

const cutShort: readonly ResponseVector[] = [
  ...(['close', 'reset'] as const).flatMap(end => [
    breaks(`a body short of its length, then ${end}`, `${answerHead('200 OK', 'Content-Length: 10')}hello`, end),
    breaks(`a head without its body, then ${end}`, answerHead('200 OK', 'Content-Length: 10'), end),
    breaks(`chunks without the last, then ${end}`, chunkedAnswer(chunk('hello')), end),
    breaks(`a chunk short of its size, then ${end}`, chunkedAnswer('a\r\nhello'), end),
    breaks(`a size without its chunk, then ${end}`, chunkedAnswer('5\r\n'), end),
    breaks(`half a size, then ${end}`, chunkedAnswer('1'), end),
    breaks(`a last chunk without its end, then ${end}`, chunkedAnswer(`${chunk('hello')}0\r\n`), end),
    breaks(`half a trailer, then ${end}`, chunkedAnswer(`${chunk('hello')}0\r\nX-Sum: a`), end),
    {...turnsInto502(`half a head, then ${end}`, 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n'), ending: end},
    {...turnsInto502(`half a status line, then ${end}`, 'HTTP/1.1 2'), ending: end},
    {...turnsInto502(`no answer, then ${end}`, ''), ending: end},
  ]),
  breaks('a body that ends with its connection, by a reset', framed(), 'reset'),
];

const chunks: readonly ResponseVector[] = [
  ...[
    '0x5',
    ' 5',
    '5 ',
    '-5',
    '+5',
    'G',
    '',
    '5\n',
    '5\0',
    'FFFFFFFFFFFFFFFF5',
    '5;a\nb',
    `5;${'x'.repeat(2_000)}`,
  ].map(size =>
    breaks(`a chunk whose size is ${JSON.stringify(size.slice(0, 20))}`, chunkedAnswer(`${size}\r\nhello\r\n${LAST}`)),
  ),
  breaks('chunks that end in bare LFs', chunkedAnswer('5\nhello\n0\n\n')),
  breaks('a chunk without an end of line behind it', chunkedAnswer(`5\r\nhello${LAST}`)),
  breaks('a chunk with two other bytes behind it', chunkedAnswer(`5\r\nhelloXX${LAST}`)),
  breaks('a good chunk and a bad one', chunkedAnswer(`${chunk('hello')}x\r\n`)),
];

export const RESPONSES: readonly ResponseGroup[] = [
  {title: 'the gateway, of status lines,', vectors: lines},
  {title: 'the gateway, of the framing of answers,', vectors: framing},
  {title: 'the gateway, of the syntax of answers,', vectors: syntax},
  {title: 'the gateway, of the fields of answers,', vectors: fields},
  {title: 'the gateway, of the trailers of answers,', vectors: trailers},
  {title: 'the gateway, of interim answers,', vectors: interim},
  {title: 'the gateway, of answers without a body,', vectors: bodiless},
  {title: 'the gateway, of bytes behind an answer,', vectors: surpluses},
  {title: 'the gateway, of answers that break off,', vectors: cutShort},
  {title: 'the gateway, of the chunks of answers,', vectors: chunks},
];
