import type {Duplex} from 'node:stream';
import {MAX_LINE_BYTES} from './protocol.js';

export type JsonLines = {
  /** What has come of a line that is not finished. */
  rest(): Buffer;
};

/**
 * Calls `onMessage` with each line's JSON; a line that is none, or is too long, ends the connection. `before` is the
 * beginning of the first line, where somebody else has read it.
 */
export function readJsonLines(
  socket: Duplex,
  onMessage: (message: unknown) => void,
  before: Buffer = Buffer.alloc(0),
): JsonLines {
  let parts = [before];
  let length = before.length;
  const finishLine = (end: Buffer): string => {
    const line = Buffer.concat([...parts, end]).toString('utf8');
    parts = [];
    length = 0;
    return line;
  };
  socket.on('data', (chunk: Buffer) => {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      const message = parse(finishLine(chunk.subarray(start, end)));
      start = end + 1;
      if (message === undefined || socket.destroyed) return void socket.destroy();
      onMessage(message);
    }
    parts.push(chunk.subarray(start));
    length += chunk.length - start;
    if (length > MAX_LINE_BYTES) socket.destroy();
  });
  return {rest: () => Buffer.concat(parts)};
}

const NEWLINE = 0x0a;

/** False when the other side does not read as fast as we write. */
export const writeJsonLine = (socket: Duplex, message: unknown): boolean =>
  socket.writable && socket.write(`${JSON.stringify(message)}\n`);

function parse(line: string): unknown {
  try {
    return JSON.parse(line) ?? undefined;
  } catch {
    return undefined;
  }
}
