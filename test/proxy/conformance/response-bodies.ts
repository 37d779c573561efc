// Groups E and G: what follows the heads of answers, and what comes before them. What is cut off is never made whole, and
// what comes behind an answer never becomes another.

import {
  answerHead,
  breaks,
  chunkedAnswer,
  hello,
  passes,
  type ResponseGroup,
  type ResponseVector,
  requestOf,
  turnsInto502,
} from './response-vector.js';
import {chunk} from './vector.js';

const LAST = '0\r\n\r\n';
const HELLO = {body: 'hello'};

const HEAD_REQUEST = requestOf('HEAD /vector HTTP/1.1');
const OLD_REQUEST = requestOf('GET /vector HTTP/1.0');

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
  breaks('a body that ends with its connection, by a reset', `${answerHead('200 OK')}hello`, 'reset'),
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

export const RESPONSE_BODIES: readonly ResponseGroup[] = [
  {title: 'the gateway, of the trailers of answers,', vectors: trailers},
  {title: 'the gateway, of interim answers,', vectors: interim},
  {title: 'the gateway, of answers without a body,', vectors: bodiless},
  {title: 'the gateway, of bytes behind an answer,', vectors: surpluses},
  {title: 'the gateway, of answers that break off,', vectors: cutShort},
  {title: 'the gateway, of the chunks of answers,', vectors: chunks},
];
