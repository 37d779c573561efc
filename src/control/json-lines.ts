import type {Duplex} from 'node:stream';
import {StringDecoder} from 'node:string_decoder';
import {MAX_LINE_BYTES} from './protocol.js';

/** Calls `onMessage` with each line's JSON; a line that is none, or is too long, ends the connection. */
export function readJsonLines(socket: Duplex, onMessage: (message: unknown) => void): void {
  const decoder = new StringDecoder('utf8');
  let buffered = '';
  socket.on('data', chunk => {
    buffered += decoder.write(chunk);
    const lines = buffered.split('\n');
    buffered = lines.pop() ?? '';
    if (buffered.length > MAX_LINE_BYTES) socket.destroy();
    for (const line of lines) {
      const message = parse(line);
      if (message === undefined || socket.destroyed) return void socket.destroy();
      onMessage(message);
    }
  });
}

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
