// What ssh runs on a server: its standard streams are the control socket's other end. Nothing is read or changed on the
// way, so that the protocol is a matter of the two ends alone.

import {once} from 'node:events';
import {createConnection, type Socket} from 'node:net';
import type {Readable, Writable} from 'node:stream';
import {errorCode} from '../../system/error.js';

/** What `connect` ends with when it does not come to a connection; from sysexits.h. */
export const CONNECT_EXIT = {unavailable: 69, denied: 77} as const;

export type ConnectStreams = {readonly input: Readable; readonly output: Writable; readonly errors: Writable};

/**
 * Joins the streams with the socket. The end of the input is passed on and leaves the answers coming; the end of the
 * answers is the end of all, as a server that died says no more than that. Resolves with the exit code.
 */
export async function connect(socketPath: string, {input, output, errors}: ConnectStreams): Promise<number> {
  const socket = createConnection({path: socketPath, allowHalfOpen: true});
  try {
    await once(socket, 'connect');
  } catch (error) {
    errors.write(`${describeFailure(error, socketPath)}\n`);
    return errorCode(error) === 'EACCES' ? CONNECT_EXIT.denied : CONNECT_EXIT.unavailable;
  }
  await join(socket, input, output);
  return 0;
}

const describeFailure = (error: unknown, socketPath: string): string =>
  errorCode(error) === 'EACCES'
    ? `this user may not use ${socketPath}`
    : `nothing listens on ${socketPath} (${errorCode(error)})`;

function join(socket: Socket, input: Readable, output: Writable): Promise<void> {
  // The laptop may be gone at any moment: what cannot be written any more ends the whole.
  for (const stream of [socket, input, output]) stream.on('error', () => socket.destroy());
  input.pipe(socket);
  socket.pipe(output);
  socket.once('end', () => socket.destroy());
  return new Promise(resolve => socket.once('close', () => resolve()));
}
