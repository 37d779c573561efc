import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {
  HeadParser,
  INCOMPLETE,
  KEEP_ALIVE,
  NO_CONNECTION,
  NO_LENGTH,
  REFUSED,
  TO_BE_READ,
} from '../../../src/proxy/http1/head-parser.js';
import * as refusals from '../../../src/proxy/http1/refusal.js';
import {BAD_STATUS_LINE, type Refusal} from '../../../src/proxy/http1/refusal.js';
import {DEFAULT_LIMITS} from '../../../src/proxy/limits.js';
import {readEveryWay} from './every-cut.js';
import {bytesOf, readRequests, readResponses} from './read-messages.js';
import {ACCEPTED_HEADS, REFUSED_HEADS} from './request-vectors.js';

const HOST_FIELD = /^host$/i;

describe('the head of a request', () => {
  it.each(REFUSED_HEADS)('is refused, in whatever pieces, with %s', (_name, text, {problem}) => {
    const {outcome, messages, problem: found} = readEveryWay(text, readRequests);
    assert.deepEqual({outcome, messages, found}, {outcome: 'refused', messages: [], found: problem});
  });

  it.each(ACCEPTED_HEADS)('is taken, in whatever pieces, with %s', (_name, text, start, fields) => {
    const {messages, problem} = readEveryWay(text, readRequests);
    assert.equal(problem, '');
    const [message] = messages;
    assert.deepEqual(message?.start, start);
    assert.deepEqual(message.fields.filter(([name]) => !HOST_FIELD.test(name)).flat(), fields);
    assert.equal(message.end, text.length);
  });

  it('may have as many bytes as the limit, and not one more', () => {
    const headOf = (length: number): string => {
      const frame = 'GET / HTTP/1.1\r\nHost: app.test\r\nA: \r\n\r\n';
      return frame.replace('A: ', `A: ${'a'.repeat(length - frame.length)}`);
    };
    const {headBytes} = DEFAULT_LIMITS;
    assert.equal(readEveryWay(headOf(headBytes), readRequests).messages.length, 1);
    assert.equal(readEveryWay(headOf(headBytes + 1), readRequests).problem, refusals.HEAD_TOO_LARGE.problem);
  });

  it('leaves what stands behind it for the next', () => {
    const requests = ['/a', '/b', '/c'].map(target => `GET ${target} HTTP/1.1\r\nHost: app.test\r\n\r\n`);
    const {messages} = readEveryWay(requests.join(''), readRequests);
    assert.deepEqual(
      messages.map(({start, end}) => [start[1], end]),
      [
        ['/a', 35],
        ['/b', 70],
        ['/c', 105],
      ],
    );
  });

  it('says nothing of a head of which a part has not come', () => {
    const whole = bytesOf('\x20POST /path?query HTTP/1.1\r\nHost: app.test\r\nContent-Length: 12\r\n\r\n');
    const parser = createParser();
    for (let end = 1; end < whole.length; end++) {
      assert.equal(parser.parseRequest(whole.subarray(0, end), 1), INCOMPLETE, `with ${end} bytes`);
    }
    assert.equal(parser.parseRequest(whole, 1), whole.length);
    assert.deepEqual(
      [parser.method, parser.target, parser.minorVersion, parser.contentLength, parser.isChunked, parser.hosts],
      ['POST', '/path?query', 1, 12, false, 1],
    );
  });

  it('does not remember the framing of the one before', () => {
    const parser = createParser();
    parser.parseRequest(
      bytesOf(
        'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: cHuNkEd\r\nConnection: x\r\nExpect: y\r\nUpgrade: z\r\n\r\n',
      ),
      0,
    );
    assert.deepEqual(framingOf(parser), [true, NO_LENGTH, 1, TO_BE_READ, true, true]);
    parser.parseRequest(bytesOf('GET / HTTP/1.0\r\n\r\n'), 0);
    assert.deepEqual(framingOf(parser), [false, NO_LENGTH, 0, NO_CONNECTION, false, false]);
    assert.equal(parser.minorVersion, 0);
  });

  it.each([
    ['', NO_CONNECTION],
    ['Connection: Keep-Alive\r\n', KEEP_ALIVE],
    ['Connection: close\r\n', TO_BE_READ],
    ['Connection:\r\n', TO_BE_READ],
    ['Connection: keep-alive, x\r\n', TO_BE_READ],
    ['Connection: keep-alive\r\nConnection: keep-alive\r\n', TO_BE_READ],
    ['Connection: x\r\nConnection: keep-alive\r\n', TO_BE_READ],
  ])('with %j tells how much of Connection is worth reading', (field, connection) => {
    const parser = createParser();
    parser.parseRequest(bytesOf(`GET / HTTP/1.1\r\nHost: a\r\n${field}\r\n`), 0);
    assert.equal(parser.connection, connection);
  });

  it('keeps its fields when the next head is parsed, and when the buffer is used for something else', () => {
    const parser = createParser();
    const bytes = bytesOf('GET / HTTP/1.1\r\nHost: first\r\n\r\n');
    parser.parseRequest(bytes, 0);
    const {fields} = parser;
    bytes.fill(0);
    parser.parseRequest(bytesOf('GET / HTTP/1.1\r\nHost: second\r\nMore: fields\r\n\r\n'), 0);
    assert.deepEqual([...fields], [['Host', 'first']]);
  });
});

/** What becomes a 502. */
const REFUSED_ANSWERS: readonly (readonly [name: string, text: string, refusal: Refusal])[] = [
  ...['99', '600', '999', '20', '2000', '2x0', '-20', '   ', '+20'].map(
    status => [`a status of "${status}"`, `HTTP/1.1 ${status} OK\r\n\r\n`, BAD_STATUS_LINE] as const,
  ),
  ['no space behind the status', 'HTTP/1.1 200OK\r\n\r\n', BAD_STATUS_LINE],
  ['no space behind the version', 'HTTP/1.1200 OK\r\n\r\n', BAD_STATUS_LINE],
  ['two spaces in front of the status', 'HTTP/1.1  200 OK\r\n\r\n', BAD_STATUS_LINE],
  ['an empty line in front', '\r\nHTTP/1.1 200 OK\r\n\r\n', refusals.BAD_VERSION],
  ['a version of 2.0', 'HTTP/2.0 200 OK\r\n\r\n', refusals.BAD_VERSION],
  ['a version of ICY', 'ICY 200 OK\r\n\r\n', refusals.BAD_VERSION],
  ['a bare LF behind the status line', 'HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n', refusals.BARE_LINE_END],
  ['a bare LF behind a status without a reason', 'HTTP/1.1 200\nA: b\r\n\r\n', BAD_STATUS_LINE],
  ['a NUL in the reason', 'HTTP/1.1 200 O\0K\r\n\r\n', refusals.BAD_FIELD_VALUE],
  ['a NUL in a value', 'HTTP/1.1 200 OK\r\nA: \0\r\n\r\n', refusals.BAD_FIELD_VALUE],
  ['a folded field', 'HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n', refusals.FOLDED_LINE],
  ['a space before the colon', 'HTTP/1.1 200 OK\r\nA : b\r\n\r\n', refusals.BAD_FIELD_NAME],
  [
    'both framings',
    'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
    refusals.LENGTH_AND_CHUNKS,
  ],
  ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n', refusals.SEVERAL_LENGTHS],
  ['a length below zero', 'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n', refusals.BAD_LENGTH],
  [
    'both framings where there is no body',
    'HTTP/1.1 304 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
    refusals.LENGTH_AND_CHUNKS,
  ],
  ['too many fields', `HTTP/1.1 200 OK\r\n${'a:\r\n'.repeat(501)}\r\n`, refusals.TOO_MANY_FIELDS],
];

describe('the head of a response', () => {
  it.each(REFUSED_ANSWERS)('is refused, in whatever pieces, with %s', (_name, text, {problem}) => {
    const {outcome, problem: found} = readEveryWay(text, readResponses);
    assert.deepEqual({outcome, found}, {outcome: 'refused', found: problem});
  });

  it.each([
    ['a reason', 'HTTP/1.1 200 OK', [200, 'OK']],
    ['another reason of two letters', 'HTTP/1.1 200 ok', [200, 'ok']],
    ['a long reason', 'HTTP/1.1 404 Not \xe9 found', [404, 'Not \xe9 found']],
    ['an empty reason', 'HTTP/1.1 500 ', [500, '']],
    ['no reason', 'HTTP/1.1 500', [500, '']],
    ['HTTP/1.0', 'HTTP/1.0 599 x', [599, 'x']],
  ])('is taken, in whatever pieces, with %s', (_name, line, start) => {
    const text = `${line}\r\nContent-Length: 0\r\n\r\n`;
    const {messages} = readEveryWay(text, readResponses);
    assert.deepEqual(
      messages.map(message => [message.start, message.end]),
      [[start, text.length]],
    );
  });

  it('may come behind interim ones', () => {
    const texts = [
      'HTTP/1.1 100 Continue\r\n\r\n',
      'HTTP/1.1 103 Early\r\nLink: </a>\r\nContent-Length: 9\r\n\r\n',
      'HTTP/1.1 204 \r\n\r\n',
    ];
    const {messages, outcome} = readEveryWay(texts.join(''), readResponses);
    assert.deepEqual(
      messages.map(({start, body}) => [start[0], body]),
      [
        [100, ''],
        [103, ''],
        [204, ''],
      ],
    );
    assert.equal(outcome, 'closed');
  });

  it.each([
    ['HEAD', 200],
    ['GET', 204],
    ['GET', 304],
  ])('to %s with %i has no body, whatever its fields say', (method, status) => {
    for (const field of ['Content-Length: 5', 'Transfer-Encoding: chunked', 'A: b']) {
      const head = `HTTP/1.1 ${status} x\r\n${field}\r\n\r\n`;
      const {messages} = readEveryWay(`${head}hello`, pieces => readResponses(pieces, method));
      assert.deepEqual(
        messages.map(({body, end}) => [body, end]),
        [['', head.length]],
      );
    }
  });
});

it('a parser that refuses says so again for the same bytes', () => {
  const parser = createParser();
  const bytes = bytesOf('GET / HTTP/1.1\r\nHost : a\r\n\r\n');
  for (let time = 0; time < 2; time++) {
    assert.equal(parser.parseRequest(bytes, 0), REFUSED);
    assert.equal(parser.refusal, refusals.BAD_FIELD_NAME);
  }
});

const createParser = (): HeadParser => new HeadParser({fields: 100, targetBytes: 1_000});

const framingOf = ({isChunked, contentLength, hosts, connection, hasExpect, hasUpgrade}: HeadParser) => [
  isChunked,
  contentLength,
  hosts,
  connection,
  hasExpect,
  hasUpgrade,
];
