import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {renderClose, renderFrame} from '../../src/sdk/websocket/frame-writer.js';
import {createMessageReader, type Incoming} from '../../src/sdk/websocket/message-reader.js';
import {createRandom, type Random} from '../helpers/random.js';
import {isSoak} from '../helpers/soak.js';

const ROUNDS = isSoak ? 2_000 : 100;

/** What a client sends: the frame of a server with a mask. */
function masked(opcode: number, isFinal: boolean, payload: Buffer, random: Random): Buffer {
  const frame = renderFrame(opcode, payload);
  const key = random.bytes(4);
  const headLength = frame.length - payload.length;
  frame[0] = (frame[0] ?? 0) & (isFinal ? 0xff : 0x7f);
  frame[1] = (frame[1] ?? 0) | 0x80;
  const body = payload.map((byte, index) => byte ^ (key[index & 3] ?? 0));
  return Buffer.concat([frame.subarray(0, headLength), key, body]);
}

/** A message in one frame or more, with pings here and there. */
function writeMessage(content: Buffer, opcode: number, random: Random): Buffer {
  const frames: Buffer[] = [];
  let rest = content;
  for (let isFirst = true; isFirst || rest.length > 0; isFirst = false) {
    const length = random.below(3) === 0 ? random.below(rest.length + 1) : rest.length;
    const part = rest.subarray(0, length);
    rest = rest.subarray(length);
    frames.push(masked(isFirst ? opcode : 0, rest.length === 0, part, random));
    if (random.below(4) === 0) frames.push(masked(9, true, random.bytes(random.below(126)), random));
  }
  return Buffer.concat(frames);
}

function readInPieces(bytes: Buffer, random: Random): Incoming[] {
  const reader = createMessageReader(1_000_000);
  const found: Incoming[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = 1 + random.below(random.below(2) === 0 ? 3 : 5_000);
    found.push(...reader.read(bytes.subarray(at, at + length)));
    at += length;
  }
  return found;
}

describe('the reader of WebSocket frames', () => {
  it('finds the same messages however they are cut', () => {
    const random = createRandom(6455);
    for (let round = 0; round < ROUNDS; round++) {
      const sizes = [0, 1, 125, 126, 127, 65_535, 65_536, 70_000];
      const messages = Array.from({length: 1 + random.below(4)}, () => {
        const bytes = random.bytes(
          random.below(5) === 0 ? (sizes[random.below(sizes.length)] ?? 0) : random.below(300),
        );
        return random.below(2) === 0 ? bytes : bytes.toString('base64');
      });
      const sent = Buffer.concat(
        messages.map(message =>
          writeMessage(Buffer.from(message as string), typeof message === 'string' ? 1 : 2, random),
        ),
      );
      const read = readInPieces(sent, random).flatMap(incoming =>
        incoming.type === 'message' ? [incoming.message] : [],
      );
      assert.deepEqual(read, messages);
    }
  });

  it('ends in a way of its own for any bytes', () => {
    const random = createRandom(1);
    for (let round = 0; round < ROUNDS * 5; round++) {
      try {
        readInPieces(random.bytes(random.below(200)), random);
      } catch (error) {
        assert.equal((error as Error).name, 'FrameError');
      }
    }
  });

  it('keeps no more than a message may have', () => {
    const reader = createMessageReader(1_000);
    const random = createRandom(2);
    const part = masked(1, false, Buffer.alloc(600, 97), random);
    assert.deepEqual([...reader.read(part)], []);
    assert.throws(() => [...reader.read(masked(0, true, Buffer.alloc(600, 97), random))], {code: 1009});
  });

  it('takes a close without a code for 1005', () => {
    const random = createRandom(3);
    assert.deepEqual(
      [...createMessageReader(10).read(masked(8, true, Buffer.alloc(0), random))],
      [{type: 'close', code: 1005, reason: ''}],
    );
  });
});

describe('the frame that closes', () => {
  it('has a code and a reason, cut between characters to what a control frame takes', () => {
    assert.deepEqual(renderClose(1000, 'done'), Buffer.from([0x88, 6, 0x03, 0xe8, ...Buffer.from('done')]));
    const long = renderClose(1001, 'ü'.repeat(100));
    assert.ok(long.length <= 127);
    assert.equal(long.subarray(4).toString(), 'ü'.repeat(61));
    assert.deepEqual(renderClose(1005, ''), Buffer.from([0x88, 0]));
  });
});
