import assert from 'node:assert/strict';
import {once} from 'node:events';
import {createConnection, createServer, type Socket} from 'node:net';
import path from 'node:path';
import {describe, it, onTestFinished} from 'vitest';
import {readJsonLines, writeJsonLine} from '../../src/control/json-lines.js';
import {MAX_LINE_BYTES} from '../../src/control/protocol.js';
import {temporaryFolder} from './support.js';

type Pair = {readonly writer: Socket; readonly reader: Socket; readonly messages: unknown[]};

/** Two ends of one Unix socket, of which one is read as JSON lines. */
async function openPair(): Promise<Pair> {
  const server = createServer().listen(path.join(temporaryFolder(), 'socket'));
  await once(server, 'listening');
  const writer = createConnection(String(server.address()));
  const [reader] = (await once(server, 'connection')) as [Socket];
  for (const socket of [writer, reader]) socket.on('error', () => undefined);
  const messages: unknown[] = [];
  readJsonLines(reader, message => messages.push(message));
  onTestFinished(() => {
    for (const socket of [writer, reader]) socket.destroy();
    server.close();
  });
  return {writer, reader, messages};
}

/** Sends one piece and waits until the other end has read it. */
async function send({writer, reader}: Pair, piece: Buffer): Promise<void> {
  const read = once(reader, 'data');
  writer.write(piece);
  await read;
}

const MESSAGE = {text: 'a ñ € 😀 z', lines: '\\n is no end of line:\n'};
const LINE = Buffer.from(`${JSON.stringify(MESSAGE)}\n`);

describe('JSON lines', () => {
  it('come together again wherever they were split, also inside a character', async () => {
    const pair = await openPair();
    for (let at = 1; at < LINE.length; at++) {
      await send(pair, LINE.subarray(0, at));
      await send(pair, LINE.subarray(at));
    }
    assert.equal(pair.messages.length, LINE.length - 1);
    for (const message of pair.messages) assert.deepEqual(message, MESSAGE);
  });

  it('come together again from single bytes', async () => {
    const pair = await openPair();
    for (const byte of LINE) await send(pair, Buffer.of(byte));
    assert.deepEqual(pair.messages, [MESSAGE]);
  });

  it('are taken apart when several come at once', async () => {
    const pair = await openPair();
    await send(pair, Buffer.concat([LINE, LINE, LINE.subarray(0, 5)]));
    assert.deepEqual(pair.messages, [MESSAGE, MESSAGE]);
    await send(pair, LINE.subarray(5));
    assert.equal(pair.messages.length, 3);
  });

  it('may be almost as long as the limit', async () => {
    const pair = await openPair();
    const text = 'x'.repeat(MAX_LINE_BYTES - 100);
    writeJsonLine(pair.writer, {text});
    while (pair.messages.length === 0) await once(pair.reader, 'data');
    assert.deepEqual(pair.messages, [{text}]);
  });

  it('end the connection when one is too long, before its end has come', async () => {
    const {writer, reader, messages} = await openPair();
    const closed = once(reader, 'close');
    writer.write('x'.repeat(MAX_LINE_BYTES + 1));
    await closed;
    assert.deepEqual(messages, []);
  });

  it.each(['not json\n', '\n', 'null\n', '{"a":1\n', '\xff\xfe\n'])(
    'end the connection at %j, and what follows is not read',
    async line => {
      const {writer, reader, messages} = await openPair();
      const closed = once(reader, 'close');
      writer.write(Buffer.concat([LINE, Buffer.from(line, 'latin1'), LINE]));
      await closed;
      assert.deepEqual(messages, [MESSAGE]);
    },
  );

  it('that cannot be written any more are dropped', async () => {
    const {writer} = await openPair();
    writer.destroy();
    assert.equal(writeJsonLine(writer, MESSAGE), false);
  });
});
