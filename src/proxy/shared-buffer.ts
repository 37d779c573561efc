/** As much as libuv reads at once. */
const READ_BYTES = 65_536;

/** What sockets read into; a read is used up before the next of any socket. */
export const SHARED_BUFFER = Buffer.allocUnsafeSlow(READ_BYTES);

/** The same bytes, to be kept: those that a socket has just read are gone with the next read of any. */
export const keepable = (bytes: Buffer): Buffer => (bytes.buffer === SHARED_BUFFER.buffer ? Buffer.from(bytes) : bytes);
