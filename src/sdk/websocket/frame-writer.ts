import {OPCODE} from './frame-reader.js';
import {CLOSE} from './handlers.js';

/** One frame of a server, which is not masked: RFC 6455, section 5.2. What is in it may be changed afterwards. */
export function renderFrame(opcode: number, payload: Uint8Array): Buffer {
  return Buffer.concat([renderHead(opcode, payload.length), payload]);
}

function renderHead(opcode: number, length: number): Buffer {
  const first = 0x80 | opcode;
  if (length < 126) return Buffer.from([first, length]);
  const head = Buffer.alloc(length < 65_536 ? 4 : 10);
  head[0] = first;
  head[1] = length < 65_536 ? 126 : 127;
  if (length < 65_536) head.writeUInt16BE(length, 2);
  else head.writeBigUInt64BE(BigInt(length), 2);
  return head;
}

/** A reason has room for this many bytes behind the code. */
const MAX_REASON_BYTES = 123;

/** Without a code the frame is empty. A longer reason is cut between two characters. */
export function renderClose(code: number, reason: string): Buffer {
  if (code === CLOSE.noCode) return renderFrame(OPCODE.close, Buffer.alloc(0));
  const payload = Buffer.alloc(2 + MAX_REASON_BYTES);
  payload.writeUInt16BE(code, 0);
  const length = payload.write(reason, 2, 'utf8');
  return renderFrame(OPCODE.close, payload.subarray(0, 2 + length));
}
