import type {Socket} from 'node:net';
import {setImmediate as nextTurn} from 'node:timers/promises';

/** What a client got until the other side closed. */
export type Conversation = {readonly bytes: string; readonly isClosed: boolean};

/** A guard against hanging, no measure: everything here is in one process. Counted, so that only time in which it ran counts. */
const GUARD_TICK_MS = 50;
const GUARD_TICKS = 400;

/** Sends the pieces, each in a packet of its own, and reads until the other side closes. */
export async function converse(socket: Socket, pieces: readonly Buffer[]): Promise<Conversation> {
  const conversation = readUntilClosed(socket);
  await sendApart(socket, pieces);
  return conversation;
}

/** Writes the pieces such that the other side reads one by one. Gives up when nobody reads any more. */
export async function sendApart(socket: Socket, pieces: readonly Buffer[]): Promise<void> {
  for (const [index, piece] of pieces.entries()) {
    if (!socket.writable) return;
    if (index > 0) await nextTurn();
    await new Promise(resolve => socket.write(piece, resolve));
  }
}

/** Reads until the other side closes, and closes then. */
export function readUntilClosed(socket: Socket): Promise<Conversation> {
  const chunks: Buffer[] = [];
  return new Promise(resolve => {
    const finish = (isClosed: boolean): void => {
      clearInterval(guard);
      socket.destroy();
      resolve({bytes: Buffer.concat(chunks).toString('latin1'), isClosed});
    };
    let silentTicks = 0;
    const guard = setInterval(() => {
      silentTicks += 1;
      if (silentTicks > GUARD_TICKS) finish(false);
    }, GUARD_TICK_MS);
    socket.on('data', bytes => {
      silentTicks = 0;
      chunks.push(bytes);
    });
    socket.once('close', () => finish(true));
  });
}
