// Where the frames of a WebSocket end: RFC 6455, section 5.2. Nothing is read of a frame but its head, and nothing kept.

/** The longest head of a frame: two bytes, eight of length, four of mask. */
const MAX_HEAD_BYTES = 14;
const LENGTH_IN_16_BITS = 126;
const LENGTH_IN_64_BITS = 127;
const MASKED = 0x80;
const OPCODE = 0x0f;
const CLOSE = 0x8;

/** Follows the bytes of one direction. */
export class WebSocketFrames {
  /** A frame that says that the direction is over has come, whole. */
  hasClosed = false;
  /** Frames of which the head has come. */
  count = 0;
  /** Bytes of the frame under way that are still to come. */
  #missing = 0;
  /** The first bytes of a head that has not come whole. */
  #head: Buffer | undefined;
  #isClose = false;

  /** Whether something can be said here that is no part of a frame. */
  get isBetweenFrames(): boolean {
    return this.#missing === 0 && this.#head === undefined;
  }

  /** Takes the bytes from `start` up to the end of one frame, or all where it goes on; returns where that is. */
  takeFrame(bytes: Buffer, start: number): number {
    if (this.#missing === 0 && !this.#begin(bytes, start)) return bytes.length;
    const end = start + this.#missing;
    if (end > bytes.length) {
      this.#missing = end - bytes.length;
      return bytes.length;
    }
    this.#missing = 0;
    if (this.#isClose) this.hasClosed = true;
    return end;
  }

  /** False when the head has not come whole. */
  #begin(bytes: Buffer, start: number): boolean {
    const held = this.#head;
    const head = held === undefined ? bytes : Buffer.concat([held, bytes.subarray(start, start + MAX_HEAD_BYTES)]);
    const at = held === undefined ? start : 0;
    const available = head.length - at;
    const headBytes = available < 2 ? 2 : headLength(head[at + 1] as number);
    if (available < headBytes) {
      this.#head = Buffer.from(head.subarray(at));
      return false;
    }
    this.#head = undefined;
    this.count += 1;
    this.#isClose = ((head[at] as number) & OPCODE) === CLOSE;
    this.#missing = headBytes + payloadLength(head, at) - (held?.length ?? 0);
    return true;
  }
}

function headLength(second: number): number {
  const length = second & ~MASKED;
  const more = length === LENGTH_IN_64_BITS ? 8 : length === LENGTH_IN_16_BITS ? 2 : 0;
  return 2 + more + (second & MASKED ? 4 : 0);
}

function payloadLength(head: Buffer, at: number): number {
  const length = (head[at + 1] as number) & ~MASKED;
  if (length === LENGTH_IN_16_BITS) return head.readUInt16BE(at + 2);
  if (length === LENGTH_IN_64_BITS) return head.readUInt32BE(at + 2) * 2 ** 32 + head.readUInt32BE(at + 6);
  return length;
}

/** "An endpoint is going away, such as a server going down": RFC 6455, section 7.4.1. */
const GOING_AWAY = 1001;
const PAYLOAD = Buffer.of(GOING_AWAY >> 8, GOING_AWAY & 0xff);

/** Tells a client that its server goes away. */
export const SERVER_GOES_AWAY = Buffer.concat([Buffer.of(0x80 | CLOSE, PAYLOAD.length), PAYLOAD]);
/** Tells a server that its client goes away. It is masked as a client's frames are, with zeros: it holds no secret. */
export const CLIENT_GOES_AWAY = Buffer.concat([
  Buffer.of(0x80 | CLOSE, MASKED | PAYLOAD.length),
  Buffer.alloc(4),
  PAYLOAD,
]);
