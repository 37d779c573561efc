// From frames to messages, RFC 6455, section 5.4: parts are joined, and control frames may come between them.

import {isUtf8} from 'node:buffer';
import {createFrameReader, type Frame, FrameError, OPCODE} from './frame-reader.js';
import {CLOSE, isCloseCode} from './handlers.js';

export type Incoming =
  | {readonly type: 'message'; readonly message: string | Buffer}
  | {readonly type: 'ping'; readonly payload: Buffer}
  | {readonly type: 'close'; readonly code: number; readonly reason: string};

export type MessageReader = {
  /** What is complete with these bytes. Throws a FrameError. */
  read(bytes: Buffer): Iterable<Incoming>;
};

type Started = {readonly opcode: number; readonly parts: Buffer[]; length: number};

export function createMessageReader(maxPayloadLength: number): MessageReader {
  const frames = createFrameReader(maxPayloadLength);
  let started: Started | undefined;

  const addPart = ({opcode, payload, isFinal}: Frame): Incoming | undefined => {
    const message = continueMessage(started, opcode);
    message.parts.push(payload);
    message.length += payload.length;
    if (message.length > maxPayloadLength) throw new FrameError(CLOSE.tooLong, 'message too long');
    started = isFinal ? undefined : message;
    return isFinal ? {type: 'message', message: contentOf(message)} : undefined;
  };
  return {
    *read(bytes) {
      for (const frame of frames.read(bytes)) {
        const incoming = frame.opcode >= OPCODE.close ? readControl(frame) : addPart(frame);
        if (incoming) yield incoming;
      }
    },
  };
}

function continueMessage(started: Started | undefined, opcode: number): Started {
  const isContinuation = opcode === OPCODE.continuation;
  if (isContinuation !== (started !== undefined)) throw new FrameError(CLOSE.protocolError, 'parts out of order');
  return started ?? {opcode, parts: [], length: 0};
}

function contentOf({opcode, parts, length}: Started): string | Buffer {
  const [first] = parts;
  const bytes = parts.length === 1 && first ? first : Buffer.concat(parts, length);
  return opcode === OPCODE.text ? decode(bytes) : bytes;
}

function decode(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw new FrameError(CLOSE.notUtf8, 'text is not UTF-8');
  return bytes.toString('utf8');
}

function readControl({opcode, payload}: Frame): Incoming | undefined {
  if (opcode === OPCODE.ping) return {type: 'ping', payload};
  return opcode === OPCODE.close ? readClose(payload) : undefined;
}

/** Section 5.5.1: nothing, or a code and a reason. */
function readClose(payload: Buffer): Incoming {
  if (payload.length === 0) return {type: 'close', code: CLOSE.noCode, reason: ''};
  const code = payload.length === 1 ? 0 : payload.readUInt16BE(0);
  if (!isCloseCode(code)) throw new FrameError(CLOSE.protocolError, 'invalid close code');
  return {type: 'close', code, reason: decode(payload.subarray(2))};
}
