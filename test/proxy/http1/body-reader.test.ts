import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {BodyReader} from '../../../src/proxy/http1/body-reader.js';
import {HeadParser} from '../../../src/proxy/http1/head-parser.js';
import {readEveryWay} from './every-cut.js';
import {bytesOf, readRequests, readResponses} from './read-messages.js';

const HEAD = 'POST / HTTP/1.1\r\nHost: app.test\r\nTransfer-Encoding: chunked\r\n\r\n';
const CANARY = 'GET /canary HTTP/1.1\r\nHost: app.test\r\n\r\n';

/** The body behind a chunked head, with a request behind it. */
function readChunks(chunks: string) {
  const {messages, outcome, problem} = readEveryWay(HEAD + chunks + CANARY, readRequests);
  const [first, second] = messages;
  return {body: first?.body, trailers: first?.trailers, next: second?.start[1], outcome, problem};
}

describe('a chunked body', () => {
  it.each([
    ['nothing', '0\r\n\r\n', ''],
    ['many zeros', '0000000000000\r\n\r\n', ''],
    ['one chunk', '5\r\nhello\r\n0\r\n\r\n', 'hello'],
    ['several chunks', '5\r\nhello\r\n1\r\n \r\n5\r\nworld\r\n0\r\n\r\n', 'hello world'],
    ['a size in upper case', 'A\r\n0123456789\r\n0\r\n\r\n', '0123456789'],
    ['a size in lower case with zeros', '00a\r\n0123456789\r\n0\r\n\r\n', '0123456789'],
    ['line ends in its data', '7\r\n0\r\n\r\n\r\n\r\n0\r\n\r\n', '0\r\n\r\n\r\n'],
    ['extensions', '5;a\r\nhello\r\n0;b=c;d="e f"\r\n\r\n', 'hello'],
    ['an extension of as many bytes as may be', `1;${'e'.repeat(1_024)}\r\nx\r\n0\r\n\r\n`, 'x'],
  ])('with %s ends where it ends, in whatever pieces', (_name, chunks, body) => {
    assert.deepEqual(readChunks(chunks), {body, trailers: [], next: '/canary', outcome: 'ended', problem: ''});
  });

  it.each([
    ['no size', '\r\n\r\n'],
    ['a size of fourteen digits', '00000000000001\r\nx\r\n0\r\n\r\n'],
    ['a size that does not fit', 'FFFFFFFFFFFFFFFF5\r\nx\r\n0\r\n\r\n'],
    ['a prefix before the size', '0x5\r\nhello\r\n0\r\n\r\n'],
    ['a sign before the size', '-5\r\nhello\r\n0\r\n\r\n'],
    ['a space before the size', ' 5\r\nhello\r\n0\r\n\r\n'],
    ['a space behind the size', '5 \r\nhello\r\n0\r\n\r\n'],
    ['a space before the extension', '5 ;a\r\nhello\r\n0\r\n\r\n'],
    ['a letter that is no digit', 'G\r\nhello\r\n0\r\n\r\n'],
    ['an underscore in the size', '0_5\r\nhello\r\n0\r\n\r\n'],
    ['a bare LF behind the size', '5\nhello\r\n0\r\n\r\n'],
    ['a bare CR behind the size', '5\rhello\r\n0\r\n\r\n'],
    ['a bare LF behind an extension', '5;a\nhello\r\n0\r\n\r\n'],
    ['a bare CR in an extension', '5;a\rb\r\nhello\r\n0\r\n\r\n'],
    ['a NUL in an extension', '5;\0\r\nhello\r\n0\r\n\r\n'],
    ['an extension that is too long', `1;${'e'.repeat(1_025)}\r\nx\r\n0\r\n\r\n`],
    ['data longer than its size', '4\r\nhello\r\n0\r\n\r\n'],
    ['data shorter than its size', '6\r\nhello\r\n0\r\n\r\n'],
    ['a bare LF behind the data', '5\r\nhello\n0\r\n\r\n'],
    ['no line end behind the data', '5\r\nhello0\r\n\r\n'],
    ['CR and something else behind the data', '5\r\nhello\rX0\r\n\r\n'],
    ['a bare LF as the end', '0\r\n\n'],
    ['a bare LF behind the last size', '0\n\r\n'],
    ['CR and something else as the end', '0\r\n\rX\r\n\r\n'],
    ['a folded trailer', '0\r\nA: b\r\n c\r\n\r\n'],
    ['a space before the colon of a trailer', '0\r\nA : b\r\n\r\n'],
    ['two lengths in the trailers', '0\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n'],
    ['more trailers than fields may be', `0\r\n${'a:\r\n'.repeat(101)}\r\n`],
    ['more bytes of trailers than of a head', `0\r\nA: ${'a'.repeat(64 * 1024)}\r\n\r\n`],
  ])('is refused, in whatever pieces, with %s', (_name, chunks) => {
    const {next, outcome, problem} = readChunks(chunks);
    assert.deepEqual({next, outcome, problem}, {next: undefined, outcome: 'refused', problem: 'the body'});
  });

  it('does not end without its end, in whatever pieces', () => {
    for (const chunks of ['', '5', '5\r\nhell', '5\r\nhello\r\n', '0\r\n', '0\r\n\r', '0\r\nA: b\r\n']) {
      const {messages, outcome} = readEveryWay(HEAD + chunks, readRequests);
      assert.deepEqual([messages[0]?.end, outcome], [-1, 'incomplete'], JSON.stringify(chunks));
    }
  });

  it('hands on trailers, but neither framing nor routing nor what ends at us', () => {
    const kept = ['X-Sum', 'abc', 'Grpc-Status', '0', 'x-sum', ''];
    const dropped = [
      ...['Content-Length: 3', 'Host: other.test', 'TE: trailers', 'Upgrade: h2c'],
      ...['Connection: X-Mine', 'X-Mine: 1', 'Keep-Alive: 1', 'Trailer: x', 'Expect: x', 'Cookie: a=b', 'Via: 1.1 x'],
      ...['X-Forwarded-For: 1.2.3.4', 'x_forwarded_for: 1.2.3.4', 'Proxy-Authorization: x', 'Content_Length: 1'],
    ];
    const {trailers, next} = readChunks(
      `0\r\nX-Sum:  abc \r\n${dropped.join('\r\n')}\r\nGrpc-Status: 0\r\nx-sum:\r\n\r\n`,
    );
    assert.deepEqual(trailers?.flat(), kept);
    assert.equal(next, '/canary');
  });

  it('of a million chunks of one byte is read byte for byte', () => {
    const reader = createReader();
    reader.startChunked();
    const chunk = bytesOf('1\r\nx\r\n'.repeat(10_000));
    let bytes = 0;
    const sink = {
      onBodyData: (data: Buffer) => {
        bytes += data.length;
      },
    };
    for (let count = 0; count < 100; count++) assert.equal(reader.read(chunk, 0, sink), chunk.length);
    assert.equal(bytes, 1_000_000);
  });

  it('leaves the trailers of the message before behind', () => {
    const reader = createReader();
    reader.startChunked();
    reader.read(bytesOf('0\r\nA: b\r\n\r\n'), 0, IGNORED);
    assert.deepEqual([...(reader.trailers ?? [])], [['A', 'b']]);
    reader.startChunked();
    assert.equal(reader.trailers, undefined);
    reader.read(bytesOf('0\r\n\r\n'), 0, IGNORED);
    assert.equal(reader.trailers, undefined);
    assert.ok(reader.isDone);
  });
});

describe('a body with a length', () => {
  it.each([0, 1, 5, 100])('of %i bytes ends there, in whatever pieces', length => {
    const text = `POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: ${length}\r\n\r\n${'x'.repeat(length)}${CANARY}`;
    const {messages} = readEveryWay(text, readRequests);
    assert.deepEqual(
      messages.map(({start, body}) => [start[1], body.length]),
      [
        ['/', length],
        ['/canary', 0],
      ],
    );
  });

  it('is handed on without a copy', () => {
    const reader = createReader();
    reader.startLength(10);
    const whole = Buffer.alloc(4);
    const given: Buffer[] = [];
    const sink = {onBodyData: (data: Buffer) => void given.push(data)};
    reader.read(whole, 0, sink);
    assert.equal(reader.remaining, 6);
    reader.read(Buffer.alloc(20), 10, sink);
    assert.equal(given[0], whole);
    assert.deepEqual(
      given.map(({length}) => length),
      [4, 6],
    );
    assert.equal(reader.remaining, 0);
    assert.ok(reader.isDone);
  });

  it('does not end early, and knows what is missing', () => {
    const reader = createReader();
    reader.startLength(3);
    reader.read(bytesOf('ab'), 0, IGNORED);
    assert.deepEqual([reader.isDone, reader.remaining, reader.endsWithConnection], [false, 1, false]);
  });
});

describe('a body without a length', () => {
  it('is the rest of the connection in a response', () => {
    const {messages, outcome} = readEveryWay('HTTP/1.1 200 OK\r\n\r\nall of it\r\n\r\n', readResponses);
    assert.deepEqual([messages[0]?.body, outcome], ['all of it\r\n\r\n', 'closed']);
  });

  it('is none in a request: what comes behind is the next one', () => {
    const {messages} = readEveryWay(`POST / HTTP/1.1\r\nHost: app.test\r\n\r\n${CANARY}`, readRequests);
    assert.deepEqual(
      messages.map(({start, body}) => [start[1], body]),
      [
        ['/', ''],
        ['/canary', ''],
      ],
    );
  });

  it('has no known rest', () => {
    const reader = createReader();
    reader.startUntilClose();
    assert.deepEqual([reader.remaining, reader.isDone, reader.endsWithConnection], [-1, false, true]);
    reader.startEmpty();
    assert.deepEqual([reader.remaining, reader.isDone, reader.endsWithConnection], [0, true, false]);
  });
});

const IGNORED = {onBodyData: () => undefined};
const createReader = (): BodyReader => new BodyReader(new HeadParser({fields: 100, targetBytes: 1_000}), 64 * 1024);
