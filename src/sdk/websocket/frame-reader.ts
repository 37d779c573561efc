// Reads frames as a client sends them, RFC 6455, section 5: each is masked, and a message is one or more of them.
// Bytes come in any pieces. What breaks a rule ends the reading with the code to close with.

import {CLOSE} from './handlers.js';

export const OPCODE = {continuation: 0x0, text: 0x1, binary: 0x2, close: 0x8, ping: 0x9, pong: 0xa} as const;

export type Frame = {
  readonly isFinal: boolean;
  readonly opcode: number;
  readonly payload: Buffer;
};

/** The client broke the protocol: the code and reason to close with. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
  readonly code: number;

  constructor(code: number, reason: string) {
    super(reason);
    this.code = code;
  }
}

export type FrameReader = {
  /** The frames that are complete with these bytes. Throws a FrameError. */
  read(bytes: Buffer): Iterable<Frame>;
};

/** Of a frame that has not come completely, bytes are kept as they came, and joined once. */
export function createFrameReader(maxPayloadLength: number): FrameReader {
  let pieces: Buffer[] = [];
  let length = 0;
  let needed = FIXED_HEAD;
  return {
    *read(bytes) {
      pieces.push(bytes);
      length += bytes.length;
      while (length >= needed) {
        const joined = pieces.length === 1 ? (pieces[0] ?? EMPTY) : Buffer.concat(pieces, length);
        const parsed = parseFrame(joined, maxPayloadLength);
        const rest = 'frame' in parsed ? joined.subarray(parsed.length) : joined;
        pieces = rest.length === 0 ? [] : [rest];
        length = rest.length;
        needed = 'frame' in parsed ? FIXED_HEAD : parsed.needed;
        if ('frame' in parsed) yield parsed.frame;
      }
    },
  };
}

const EMPTY = Buffer.alloc(0);

/** What every frame begins with; a length beyond 125 and the mask follow. */
const FIXED_HEAD = 2;
const MASK_BYTES = 4;

/** Of control frames, RFC 6455, section 5.5. */
const MAX_CONTROL_LENGTH = 125;

type Parsed = {readonly frame: Frame; readonly length: number} | {readonly needed: number};

function parseFrame(bytes: Buffer, maxPayloadLength: number): Parsed {
  const [first = 0, second = 0] = bytes;
  const opcode = first & 0x0f;
  const isFinal = (first & 0x80) !== 0;
  checkHead(first, second, opcode, isFinal);
  const short = second & 0x7f;
  const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
  const headLength = FIXED_HEAD + lengthBytes + MASK_BYTES;
  if (bytes.length < headLength) return {needed: headLength};
  const payloadLength = readLength(bytes, short);
  if (payloadLength > maxPayloadLength) throw new FrameError(CLOSE.tooLong, 'message too long');
  const length = headLength + payloadLength;
  if (bytes.length < length) return {needed: length};
  const payload = unmask(bytes.subarray(headLength, length), bytes.subarray(headLength - MASK_BYTES, headLength));
  return {frame: {isFinal, opcode, payload}, length};
}

function checkHead(first: number, second: number, opcode: number, isFinal: boolean): void {
  const isControl = opcode >= OPCODE.close;
  const isKnown = opcode <= OPCODE.binary || (isControl && opcode <= OPCODE.pong);
  if ((first & 0x70) !== 0) throw new FrameError(CLOSE.protocolError, 'reserved bit set');
  if (!isKnown) throw new FrameError(CLOSE.protocolError, 'unknown opcode');
  if ((second & 0x80) === 0) throw new FrameError(CLOSE.protocolError, 'frame not masked');
  if (isControl && (!isFinal || (second & 0x7f) > MAX_CONTROL_LENGTH)) {
    throw new FrameError(CLOSE.protocolError, 'control frame too long or in parts');
  }
}

/** More than a number holds exactly is more than any limit. */
function readLength(bytes: Buffer, short: number): number {
  if (short < 126) return short;
  return short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
}

/** A copy: the bytes are read into memory that is used again. */
function unmask(masked: Buffer, mask: Buffer): Buffer {
  const payload = Buffer.allocUnsafe(masked.length);
  for (let index = 0; index < masked.length; index++) {
    payload[index] = (masked[index] ?? 0) ^ (mask[index & 3] ?? 0);
  }
  return payload;
}
