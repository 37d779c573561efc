// What the holder before has left in this process: its table, and its descriptors as handles.

import {closeSync, openSync} from 'node:fs';
import {Socket} from 'node:net';
import {descriptorOf} from '../../system/descriptors.js';
import {type CarrierGift, GIVE} from './carrier.js';
import {type HandoverTable, parseHandoverTable} from './handover-table.js';
import type {ListeningSockets} from './listening-sockets.js';

/** Set in the environment of a holder that follows another. */
export const FOLLOWS = 'TAKO_HOLDER_FOLLOWS';

export type Estate = {
  readonly table: HandoverTable;
  /** Those whose names are `prefix` and, behind a slash, the name here. They are read from now on. */
  socketsOf(prefix: string): Readonly<Record<string, Socket>>;
  readonly listening: ListeningSockets;
};

/** A handle of Node's, which is an open descriptor for as long as somebody has it. */
type Handle = {close(): void};

/** Undefined where this holder is the first in its process. */
export async function receiveEstate(): Promise<Estate | undefined> {
  if (process.env[FOLLOWS] === undefined) return undefined;
  delete process.env[FOLLOWS];
  const {promise, resolve} = Promise.withResolvers<Estate>();
  const handles = new Map<string, Handle>();
  let text = '';
  process.on('message', (message: unknown, handle: unknown) => {
    const gift = message as CarrierGift;
    if (gift.type === 'table') text = gift.text;
    else if (gift.type === 'descriptor') handles.set(gift.name, handle as Handle);
    else resolve(createEstate(parseHandoverTable(text), handles));
  });
  process.once('disconnect', closeChannel);
  process.send?.(GIVE);
  const estate = await promise;
  process.disconnect();
  return estate;
}

/** It has the place of the standard input, which Node never closes. */
function closeChannel(): void {
  closeSync(0);
  openSync('/dev/null', 'r');
}

function createEstate(table: HandoverTable, handles: ReadonlyMap<string, Handle>): Estate {
  const found = table.sockets.map((socket, index) => ({socket, handle: handles.get(`socket/${index}`)}));
  return {
    table,
    socketsOf: prefix =>
      Object.fromEntries(
        [...handles]
          .filter(([name]) => name.startsWith(`${prefix}/`))
          .map(([name, handle]) => [name.slice(prefix.length + 1), handle] as const)
          .map(([name, handle]) => [name, socketOf(name, handle)]),
      ),
    listening: {
      sockets: found.map(({socket, handle}) => ({...socket, fd: descriptorOf({_handle: handle}) ?? -1})),
      close: () => {
        for (const {handle} of found) handle?.close();
      },
    },
  };
}

/** Most are pipes that apps write to. */
function socketOf(name: string, handle: Handle): Socket {
  const [readable, writable] = [name !== 'bootstrap', ['bootstrap', 'channel'].includes(name)];
  return new Socket({handle, readable, writable} as unknown as ConstructorParameters<typeof Socket>[0]);
}
