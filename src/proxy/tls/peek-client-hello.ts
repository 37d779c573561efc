import type {Socket} from 'node:net';
import {type ClientHello, MAX_CLIENT_HELLO_BYTES, parseClientHello} from './client-hello.js';

export type ReadHello = Exclude<ClientHello, {state: 'incomplete'}>;

/**
 * Reads what a client sends until its hello is known, puts all of it back, and tells, in the same turn, so that whoever takes
 * the socket over then reads everything from the first byte on. A client that hangs up first, or has not sent its hello
 * within the time, is disconnected and nobody is told.
 */
export function peekClientHello(socket: Socket, timeoutMs: number, onHello: (hello: ReadHello) => void): void {
  const received = createGrowingBuffer();
  const timer = setTimeout(() => socket.destroy(), timeoutMs);
  const onError = (): void => void socket.destroy();
  const onEnd = (): void => void socket.destroy();
  const onClose = (): void => clearTimeout(timer);
  const onData = (chunk: Buffer): void => {
    const hello = parseClientHello(received.append(chunk));
    if (hello.state === 'incomplete') return;
    clearTimeout(timer);
    socket.off('data', onData).off('end', onEnd).off('close', onClose);
    socket.pause();
    socket.unshift(received.bytes());
    onHello(hello);
    socket.off('error', onError);
  };
  socket.on('data', onData).on('end', onEnd).on('close', onClose).on('error', onError);
}

/** Bytes in a row. One chunk, which most hellos are, is not copied. */
function createGrowingBuffer(): {append(chunk: Buffer): Buffer; bytes(): Buffer} {
  let storage: Buffer = Buffer.alloc(0);
  let length = 0;
  const append = (chunk: Buffer): Buffer => {
    if (length === 0) storage = chunk;
    else if (storage.length < length + chunk.length) storage = enlarge(storage, length, chunk.length);
    if (length > 0) chunk.copy(storage, length);
    length += chunk.length;
    return storage.subarray(0, length);
  };
  return {append, bytes: () => storage.subarray(0, length)};
}

/** Room for a whole hello at once, so that one that comes byte by byte is not copied for each of them. */
function enlarge(storage: Buffer, length: number, more: number): Buffer {
  const larger = Buffer.allocUnsafe(MAX_CLIENT_HELLO_BYTES + length + more);
  storage.copy(larger, 0, 0, length);
  return larger;
}
