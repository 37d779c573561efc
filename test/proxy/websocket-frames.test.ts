import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {CLIENT_GOES_AWAY, SERVER_GOES_AWAY, WebSocketFrames} from '../../src/proxy/websocket-frames.js';
import {createRandom} from '../helpers/random.js';

const TEXT = 0x1;
const CLOSE = 0x8;

/** A frame of RFC 6455, section 5.2, whose payload is zeros. */
function frame(opcode: number, length: number, isMasked: boolean): Buffer {
  const mask = isMasked ? 0x80 : 0;
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  head[0] = 0x80 | opcode;
  if (length < 126) head[1] = mask | length;
  else if (length < 65_536) {
    head[1] = mask | 126;
    head.writeUInt16BE(length, 2);
  } else {
    head[1] = mask | 127;
    head.writeUInt32BE(length, 6);
  }
  return Buffer.concat([head, Buffer.alloc(length + (isMasked ? 4 : 0))]);
}

/** Where frames end, by what is said of bytes that come in those pieces. */
function endsOf(pieces: readonly Buffer[]): readonly number[] {
  const frames = new WebSocketFrames();
  const ends: number[] = [];
  let before = 0;
  for (const piece of pieces) {
    for (let at = 0; at < piece.length; ) {
      at = frames.takeFrame(piece, at);
      if (frames.isBetweenFrames) ends.push(before + at);
    }
    before += piece.length;
  }
  return ends;
}

describe('the frames of a WebSocket', () => {
  const sizes = [0, 1, 125, 126, 127, 300, 65_535, 65_536, 70_000];
  const all = sizes.flatMap(size => [frame(TEXT, size, true), frame(TEXT, size, false)]);
  const bytes = Buffer.concat(all);
  const expected = all.map((_, index) => all.slice(0, index + 1).reduce((sum, {length}) => sum + length, 0));

  it('are found in one piece, and byte by byte', () => {
    assert.deepEqual(endsOf([bytes]), expected);
    assert.deepEqual(endsOf(Array.from(bytes, byte => Buffer.of(byte))), expected);
  });

  it('are found however the bytes are cut', () => {
    const random = createRandom(7);
    for (let run = 0; run < 200; run++) {
      const longest = run % 2 === 0 ? 20 : 30_000;
      const pieces: Buffer[] = [];
      for (let at = 0; at < bytes.length; ) {
        const end = at + 1 + random.below(longest);
        pieces.push(bytes.subarray(at, end));
        at = end;
      }
      assert.deepEqual(endsOf(pieces), expected);
    }
  });

  it('that close are known when they have come whole', () => {
    for (const close of [frame(CLOSE, 0, false), frame(CLOSE, 20, true), SERVER_GOES_AWAY, CLIENT_GOES_AWAY]) {
      const frames = new WebSocketFrames();
      frames.takeFrame(frame(TEXT, CLOSE, true), 0);
      for (const byte of close) {
        assert.equal(frames.hasClosed, false);
        frames.takeFrame(Buffer.of(byte), 0);
      }
      assert.equal(frames.hasClosed, true);
    }
  });

  it('may be said to be longer than anything that is sent', () => {
    const frames = new WebSocketFrames();
    const head = Buffer.of(0x82, 127, 255, 255, 255, 255, 255, 255, 255, 255);
    assert.equal(frames.takeFrame(Buffer.concat([head, Buffer.alloc(1_000)]), 0), 1_010);
    assert.equal(frames.isBetweenFrames, false);
  });
});
