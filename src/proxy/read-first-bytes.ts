import type {Socket} from 'node:net';

export type FirstBytesOptions<Read> = {
  readonly timeoutMs: number;
  /** The most that is to be read: what comes in small pieces is gathered in a buffer of that size. */
  readonly maxBytes: number;
  /** Undefined while more has to come. */
  readonly parse: (bytes: Buffer) => Read | undefined;
  /** How many of the bytes are done with; the rest is put back. */
  readonly lengthOf: (read: Read) => number;
  readonly onRead: (read: Read) => void;
};

/**
 * Reads what a client sends until it can be understood, puts back what is behind it, and tells, in the same turn, so that
 * whoever takes the socket over then reads everything from there on. A client that hangs up first, or has not sent enough
 * within the time, is disconnected and nobody is told.
 */
export function readFirstBytes<Read>(socket: Socket, options: FirstBytesOptions<Read>): void {
  const {timeoutMs, maxBytes, parse, lengthOf, onRead} = options;
  const received = createGrowingBuffer(maxBytes);
  const timer = setTimeout(() => socket.destroy(), timeoutMs);
  const onError = (): void => void socket.destroy();
  const onEnd = (): void => void socket.destroy();
  const onClose = (): void => clearTimeout(timer);
  const onData = (chunk: Buffer): void => {
    const read = parse(received.append(chunk));
    if (read === undefined) return;
    clearTimeout(timer);
    socket.off('data', onData).off('end', onEnd).off('close', onClose);
    socket.pause();
    const rest = received.bytes().subarray(lengthOf(read));
    if (rest.length > 0) socket.unshift(rest);
    onRead(read);
    socket.off('error', onError);
  };
  socket.on('data', onData).on('end', onEnd).on('close', onClose).on('error', onError);
}

/** Bytes in a row. One chunk, which is mostly enough, is not copied. */
function createGrowingBuffer(maxBytes: number): {append(chunk: Buffer): Buffer; bytes(): Buffer} {
  let storage: Buffer = Buffer.alloc(0);
  let length = 0;
  const append = (chunk: Buffer): Buffer => {
    if (length === 0) storage = chunk;
    else if (storage.length < length + chunk.length) storage = enlarge(storage, length, maxBytes + chunk.length);
    if (length > 0) chunk.copy(storage, length);
    length += chunk.length;
    return storage.subarray(0, length);
  };
  return {append, bytes: () => storage.subarray(0, length)};
}

/** Room for all of it at once, so that what comes byte by byte is not copied for each of them. */
function enlarge(storage: Buffer, length: number, more: number): Buffer {
  const larger = Buffer.allocUnsafe(length + more);
  storage.copy(larger, 0, 0, length);
  return larger;
}
