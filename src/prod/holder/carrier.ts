// The carrier: it has copies of a holder's descriptors while that becomes another program, as Node closes all of its own
// then. It is a process of the new version, so that a table which that version cannot read is refused in time.

import {fstatSync, readSync} from 'node:fs';
import {Socket} from 'node:net';
import {parseHandoverTable} from './handover-table.js';

/** Behind the channel, by which descriptors travel. */
export const TABLE_FD = 4;
export const FIRST_CARRIED_FD = 5;

/** What it says to the holder that is there. */
export type CarrierAnswer = {readonly type: 'ready'} | {readonly type: 'refused'; readonly message: string};

/** What it gives the holder that follows, when that asks with `GIVE`: a handle comes with each descriptor. */
export type CarrierGift =
  | {readonly type: 'table'; readonly text: string}
  | {readonly type: 'descriptor'; readonly name: string}
  | {readonly type: 'end'};

export const GIVE = 'give';

/** Serves until it has given everything, or nobody is there any more to take it. Resolves with the exit code. */
export async function carry(): Promise<number> {
  const {promise, resolve} = Promise.withResolvers<number>();
  process.once('disconnect', () => resolve(0));
  process.on('message', message => {
    if (message === GIVE) giveAll();
  });
  say(judge());
  return promise;
}

function judge(): CarrierAnswer {
  try {
    parseHandoverTable(readTable());
    return {type: 'ready'};
  } catch (error) {
    return {type: 'refused', message: error instanceof Error ? error.message : String(error)};
  }
}

function giveAll(): void {
  const text = readTable();
  say({type: 'table', text});
  for (const [index, name] of parseHandoverTable(text).descriptors.entries()) {
    say({type: 'descriptor', name}, handleOf(FIRST_CARRIED_FD + index));
  }
  say({type: 'end'});
}

const say = (message: CarrierAnswer | CarrierGift, handle?: unknown): void =>
  void process.send?.(message, handle as Socket | undefined);

/** Written anew between the two times that it is read. */
function readTable(): string {
  const bytes = Buffer.alloc(fstatSync(TABLE_FD).size);
  readSync(TABLE_FD, bytes, 0, bytes.length, 0);
  return bytes.toString('utf8');
}

/** What Node sends is a handle; nothing is read from it here. */
function handleOf(fd: number): unknown {
  const socket = new Socket({fd, readable: false, writable: false});
  return (socket as unknown as {readonly _handle: unknown})._handle;
}
