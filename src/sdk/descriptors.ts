// The two file descriptors of the app contract: the document on 3, the ready line on 4.
//
// They are taken for tako's only when they are FIFOs. Node 20 has a FIFO of its own on 4 when it has inherited
// none, but its reading end (measured), so that writing fails and nothing is lost. `fstat` is asked for bigints:
// without, on a FIFO, it makes the next `realpath` of Node 18 to 22 leave symbolic links as they are, and
// packages are not found any more.

import {Buffer} from 'node:buffer';
import fs from 'node:fs';

const {O_RDONLY, O_WRONLY, O_NONBLOCK} = fs.constants;

/** Reads to the end. Undefined: there is no FIFO there, or nothing in it. Waits as long as somebody may still write. */
export function readDescriptor(fd: number): string | undefined {
  const own = openDescriptor(fd, O_RDONLY);
  if (own === undefined) return undefined;
  try {
    const content = readToEnd(own);
    return content.length === 0 ? undefined : content.toString('utf8');
  } finally {
    fs.closeSync(own);
  }
}

/** Writes all of a short text at once and closes the descriptor. Does nothing where nobody reads. */
export function writeDescriptor(fd: number, text: string): void {
  try {
    const own = openDescriptor(fd, O_WRONLY);
    if (own === undefined) return;
    fs.writeSync(own, text);
    // Only what could be written to: the reading end of Node 20 is how it hears of signals.
    fs.closeSync(own);
  } catch {
    // It was somebody else's descriptor, or tako has ended.
  }
}

/** The number by which this runtime reads or writes the FIFO of that descriptor. */
function openDescriptor(fd: number, flags: number): number | undefined {
  try {
    if (!('Deno' in globalThis)) return fs.fstatSync(fd, {bigint: true}).isFIFO() ? fd : undefined;
    // Deno has numbers of its own for files and cannot use inherited ones. Opened in this way a FIFO does not wait
    // for its other end.
    const file = `${process.platform === 'linux' ? '/proc/self/fd' : '/dev/fd'}/${fd}`;
    return fs.statSync(file, {bigint: true}).isFIFO() ? fs.openSync(file, flags | O_NONBLOCK) : undefined;
  } catch {
    return undefined;
  }
}

/** What a pipe holds by itself, pipe(7). */
const READ_BYTES = 65_536;

function readToEnd(fd: number): Buffer {
  const chunks: Buffer[] = [];
  for (;;) {
    const chunk = Buffer.allocUnsafe(READ_BYTES);
    const length = readOnce(fd, chunk);
    if (length === 0) return Buffer.concat(chunks);
    chunks.push(chunk.subarray(0, length));
  }
}

/** Between two questions to a descriptor that does not wait by itself. */
const RETRY_MS = 2;

function readOnce(fd: number, buffer: Buffer): number {
  for (;;) {
    try {
      return fs.readSync(fd, buffer);
    } catch (error) {
      if (!isAgain(error)) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
    }
  }
}

/** Deno has names of its own for system errors. */
const isAgain = (error: unknown): boolean =>
  error instanceof Error && ((error as {code?: unknown}).code === 'EAGAIN' || error.name === 'WouldBlock');
