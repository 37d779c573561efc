import type {Socket} from 'node:net';

/** Gives an app the document that it reads on its file descriptor 3. */
export type BootstrapWriter = {
  readonly socket: Socket;
  /** What the app has not been given yet. */
  rest(): Buffer;
};

/** A pipe takes as much at once or nothing (PIPE_BUF, pipe(7)): so it is always known what has been written. */
const PIECE_BYTES = 4096;

/** Writes all of it and ends the socket. An app may ignore it, or end before it has read it. */
export function writeBootstrap(socket: Socket, document: Buffer): BootstrapWriter {
  let rest = document;
  const writeNext = (): void => {
    if (rest.length === 0) return void socket.end();
    const piece = rest.subarray(0, PIECE_BYTES);
    socket.write(piece, error => {
      if (error) return;
      rest = rest.subarray(piece.length);
      writeNext();
    });
  };
  socket.on('error', () => {});
  writeNext();
  return {socket, rest: () => rest};
}
