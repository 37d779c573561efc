import type {Socket} from 'node:net';
import {setImmediate as nextTurn} from 'node:timers/promises';
import {isSoak} from '../../helpers/soak.js';

/** What a client got until the other side closed. */
export type Conversation = {readonly bytes: string; readonly isClosed: boolean};

/** A guard against hanging, no measure: everything here is in one process. */
const MAX_WAIT_MS = isSoak ? 60_000 : 4_000;

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
      clearTimeout(guard);
      socket.destroy();
      resolve({bytes: Buffer.concat(chunks).toString('latin1'), isClosed});
    };
    const guard = setTimeout(finish, MAX_WAIT_MS, false);
    socket.on('data', bytes => chunks.push(bytes));
    socket.once('close', () => finish(true));
  });
}
