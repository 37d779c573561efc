// HTTP/2 in frames written by hand, for what no client library would send. RFC 9113, section 4; RFC 7541 without tables.

import {once} from 'node:events';
import type {Socket} from 'node:net';
import {onTestFinished} from 'vitest';
import {HOST} from '../harness.js';
import {openTls} from './harness.js';

export const DATA = 0;
export const HEADERS = 1;
export const RST_STREAM = 3;
export const SETTINGS = 4;
export const PING = 6;
export const GOAWAY = 7;
export const WINDOW_UPDATE = 8;
export const CONTINUATION = 9;

export const END_STREAM = 1;
export const ACK = 1;
export const END_HEADERS = 4;

export const NO_ERROR = 0;
export const PROTOCOL_ERROR = 1;
export const INTERNAL_ERROR = 2;
export const REFUSED_STREAM = 7;
export const ENHANCE_YOUR_CALM = 11;

export type Frame = {readonly type: number; readonly flags: number; readonly id: number; readonly payload: Buffer};
export type Field = readonly [name: string, value: string];

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
const FRAME_HEAD_BYTES = 9;

export function frame(type: number, flags: number, id: number, payload: Buffer | string = ''): Buffer {
  const bytes = Buffer.from(payload as string, 'latin1');
  const head = Buffer.alloc(FRAME_HEAD_BYTES);
  head.writeUIntBE(bytes.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(id, 5);
  return Buffer.concat([head, bytes]);
}

/** Each field as a literal that enters no table (RFC 7541, section 6.2.2). */
export const encodeFields = (fields: readonly Field[]): Buffer =>
  Buffer.concat(fields.map(([name, value]) => Buffer.concat([Buffer.of(0), encodeText(name), encodeText(value)])));

function encodeText(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1');
  return Buffer.concat([encodeLength(bytes.length), bytes]);
}

/** RFC 7541, section 5.1, with a prefix of seven bits. */
function encodeLength(length: number): Buffer {
  if (length < 127) return Buffer.of(length);
  const bytes = [127];
  let rest = length - 127;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}

/** The fields of a plain request, with others in their place or behind them. */
export function requestFields(changes: Record<string, string | undefined> = {}, more: readonly Field[] = []): Field[] {
  const fields = {':method': 'GET', ':scheme': 'https', ':authority': HOST, ':path': '/', ...changes};
  const given = Object.entries(fields).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return [...given, ...more];
}

/** HEADERS of a whole request without a body. */
export const request = (id: number, fields: readonly Field[] = requestFields(), flags = END_STREAM): Buffer =>
  frame(HEADERS, flags | END_HEADERS, id, encodeFields(fields));

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** One setting: RFC 9113, section 6.5.1. */
export const setting = (id: number, value: number): Buffer => Buffer.concat([Buffer.of(0, id), uint32(value)]);

export type RawConnection = {
  readonly socket: Socket;
  readonly frames: readonly Frame[];
  /** False when the other side does not keep up or is gone. */
  send(...frames: Buffer[]): boolean;
  /** The first frame, come or to come, that is as asked for. Rejects when the connection closes before. */
  find(isWanted: (frame: Frame) => boolean): Promise<Frame>;
  /** Resolves when the other side has closed the connection. */
  readonly closed: Promise<void>;
};

/** A connection that has said its preface. Nothing is answered by itself, SETTINGS and PING included. */
export async function openRaw(port: number, settings: Buffer = Buffer.alloc(0)): Promise<RawConnection> {
  const socket = openTls(port);
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => undefined);
  const closed = new Promise<void>(resolve => socket.once('close', () => resolve()));
  await once(socket, 'secureConnect');
  const frames: Frame[] = [];
  const read = createFrameReader(frame => frames.push(frame));
  socket.on('data', read);
  socket.write(Buffer.concat([Buffer.from(PREFACE), frame(SETTINGS, 0, 0, settings)]));
  return {
    socket,
    frames,
    closed,
    send: (...more) => !socket.destroyed && socket.write(Buffer.concat(more)),
    find: isWanted => findFrame(socket, frames, isWanted),
  };
}

function findFrame(socket: Socket, frames: readonly Frame[], isWanted: (frame: Frame) => boolean): Promise<Frame> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      const found = frames.find(isWanted);
      if (found === undefined) return;
      socket.off('data', look);
      resolve(found);
    };
    socket.on('data', look);
    socket.once('close', () => {
      look();
      reject(new Error(`closed after frames of type ${frames.map(({type}) => type).join(' ')}`));
    });
    look();
  });
}

function createFrameReader(onFrame: (frame: Frame) => void): (chunk: Buffer) => void {
  let unread: Buffer = Buffer.alloc(0);
  return chunk => {
    unread = Buffer.concat([unread, chunk]);
    while (unread.length >= FRAME_HEAD_BYTES) {
      const end = FRAME_HEAD_BYTES + unread.readUIntBE(0, 3);
      if (unread.length < end) return;
      const payload = unread.subarray(FRAME_HEAD_BYTES, end);
      onFrame({type: unread.readUInt8(3), flags: unread.readUInt8(4), id: unread.readUInt32BE(5), payload});
      unread = unread.subarray(end);
    }
  };
}

/** The error code of a RST_STREAM or GOAWAY frame. */
export const codeOf = ({type, payload}: Frame): number => payload.readUInt32BE(type === GOAWAY ? 4 : 0);

export const isOf =
  (type: number, id: number) =>
  (frame: Frame): boolean =>
    frame.type === type && frame.id === id;
