import assert from 'node:assert/strict';
import type {Socket} from 'node:net';
import {Duplex, PassThrough} from 'node:stream';
import {describe, it} from 'vitest';
import {HeaderFields} from '../../../src/proxy/header-fields.js';
import {
  CHUNKED,
  type Framing,
  MessageWriter,
  NO_BODY,
  SIZED,
  UNTIL_CLOSE,
} from '../../../src/proxy/http1/message-writer.js';
import {SocketWriter} from '../../../src/proxy/http1/socket-writer.js';
import {bytesOf} from './read-messages.js';

const nobody = {receiveDrain: () => undefined};

const HEAD = 'HTTP/1.1 200 OK\r\n\r\n';

/** A writer, and what came out of it; `writes` counts how often the stream was written to. */
function createWriter(highWaterMark = 64 * 1024) {
  const written: Buffer[] = [];
  const socket = new Duplex({
    highWaterMark,
    read: () => undefined,
    write: (chunk: Buffer, _encoding, done) => {
      written.push(chunk);
      done();
    },
  });
  const writer = new MessageWriter(new SocketWriter(socket as Socket, nobody));
  return {writer, writes: () => written.length, text: () => Buffer.concat(written).toString('latin1')};
}

function write(framing: Framing, length: number, chunks: readonly string[], trailers?: HeaderFields) {
  const {writer, writes, text} = createWriter();
  writer.start(HEAD, framing, length);
  const accepted = chunks.map(chunk => writer.write(bytesOf(chunk)));
  const isComplete = writer.end(trailers);
  return {accepted, isComplete, isOverrun: writer.isOverrun, writes: writes(), text: text().slice(HEAD.length)};
}

describe('a message writer', () => {
  it.each([
    ['no body', NO_BODY, [], ''],
    ['a body where none is allowed', NO_BODY, ['hello'], ''],
    ['a length', SIZED, ['hel', 'lo'], 'hello'],
    ['chunks', CHUNKED, ['hello', 'x'.repeat(17)], `5\r\nhello\r\n11\r\n${'x'.repeat(17)}\r\n0\r\n\r\n`],
    ['no chunk at all', CHUNKED, [], '0\r\n\r\n'],
    ['the end of the connection', UNTIL_CLOSE, ['hel', 'lo'], 'hello'],
  ] as const)('delimits with %s, in one write where it is small', (_name, framing, chunks, expected) => {
    const {text, isComplete, writes} = write(framing, 5, chunks);
    assert.deepEqual({text, isComplete, writes}, {text: expected, isComplete: true, writes: 1});
  });

  it('does not end a chunked body at an empty chunk', () => {
    const {text} = write(CHUNKED, -1, ['', 'a', '', 'b', '']);
    assert.equal(text, '1\r\na\r\n1\r\nb\r\n0\r\n\r\n');
  });

  it('writes every byte as it is', () => {
    const bytes = Buffer.from(Array.from({length: 256}, (_, index) => index)).toString('latin1');
    assert.equal(write(SIZED, 256, [bytes]).text, bytes);
    assert.equal(write(SIZED, 2_560, [bytes.repeat(10)]).text, bytes.repeat(10));
  });

  it('does not write more than was said', () => {
    const {text, accepted, isComplete, isOverrun} = write(SIZED, 5, ['hello', '!']);
    assert.deepEqual(
      {text, accepted, isComplete, isOverrun},
      {
        text: 'hello',
        accepted: [true, false],
        isComplete: false,
        isOverrun: true,
      },
    );
  });

  it('says so when less was written than was said', () => {
    const {isComplete, isOverrun} = write(SIZED, 5, ['hell']);
    assert.deepEqual({isComplete, isOverrun}, {isComplete: false, isOverrun: false});
  });

  it('writes trailers behind chunks, without framing and what ends at us', () => {
    const trailers = HeaderFields.from([
      'Grpc-Status',
      '0',
      'Content-Length',
      '3',
      'Connection',
      'x-mine',
      'X-Mine',
      '1',
    ]);
    assert.equal(write(CHUNKED, -1, ['a'], trailers).text, '1\r\na\r\n0\r\nGrpc-Status: 0\r\n\r\n');
  });

  it('leaves trailers out where there are no chunks', () => {
    assert.equal(write(SIZED, 1, ['a'], HeaderFields.from(['Grpc-Status', '0'])).text, 'a');
  });

  it('keeps the order of small and large parts', () => {
    const parts = [
      'a'.repeat(10),
      'b'.repeat(5_000),
      'c'.repeat(2_048),
      'd'.repeat(2_049),
      'e',
      'f'.repeat(3_000),
      'g',
    ];
    assert.equal(write(SIZED, parts.join('').length, parts).text, parts.join(''));
    const chunked = parts.map(part => `${part.length.toString(16)}\r\n${part}\r\n`).join('');
    assert.equal(write(CHUNKED, -1, parts).text, `${chunked}0\r\n\r\n`);
  });

  it('sends what waits when it is asked to, and not before', () => {
    const {writer, writes, text} = createWriter();
    writer.start(HEAD, CHUNKED, -1);
    writer.write(bytesOf('a'));
    assert.equal(writes(), 0);
    writer.flush();
    writer.flush();
    assert.equal(writes(), 1);
    assert.equal(text(), `${HEAD}1\r\na\r\n`);
  });

  it('says so when the other side does not keep up', () => {
    const stream = new PassThrough({highWaterMark: 1_000});
    const writer = new MessageWriter(new SocketWriter(stream as unknown as Socket, nobody));
    writer.start(HEAD, UNTIL_CLOSE, -1);
    assert.equal(writer.write(Buffer.alloc(100)), true);
    assert.equal(writer.write(Buffer.alloc(5_000)), false);
    assert.equal(writer.write(Buffer.alloc(0)), false);
    assert.equal(writer.isOverrun, false);
  });

  it('starts the next message with nothing of the one before', () => {
    const {writer, text} = createWriter();
    writer.start('one\r\n\r\n', SIZED, 1);
    writer.write(bytesOf('12'));
    assert.equal(writer.end(undefined), false);
    writer.start('two\r\n\r\n', CHUNKED, -1);
    writer.write(bytesOf('3'));
    assert.equal(writer.end(undefined), true);
    assert.equal(writer.isOverrun, false);
    assert.equal(text(), 'one\r\n\r\ntwo\r\n\r\n1\r\n3\r\n0\r\n\r\n');
  });
});
