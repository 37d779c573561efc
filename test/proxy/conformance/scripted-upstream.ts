// The app's side of an answer vector: it sends the bytes it is told to, and counts connections.

import {once} from 'node:events';
import {type AddressInfo, createServer, type Socket} from 'node:net';
import type {Upstream} from '../../../src/proxy/upstream.js';
import {sendApart} from './conversation.js';
import {closeServer} from './recording-upstream.js';

export type Script = {
  readonly pieces: readonly Buffer[];
  readonly ending?: 'close' | 'reset' | undefined;
};

/** A request, and the number of the connection it came on. */
export type Visit = {readonly isProbe: boolean; readonly connection: number};

export type ScriptedUpstream = Upstream & {
  /** What it answers to `/vector` from now on. */
  play(script: Script): void;
  /** The requests that came since it was last asked, in order. */
  takeVisits(): readonly Visit[];
  close(): Promise<void>;
};

export const PROBE_ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nprobe';

/** Answers `/vector` as told, and everything else with `probe`. Reads requests without a body. */
export async function startScriptedUpstream(): Promise<ScriptedUpstream> {
  let script: Script = {pieces: []};
  let visits: Visit[] = [];
  let connections = 0;
  const sockets = new Set<Socket>();

  const server = createServer(socket => {
    connections += 1;
    const connection = connections;
    socket.setNoDelay(true);
    sockets.add(socket.on('error', () => undefined).on('close', () => sockets.delete(socket)));
    onEachHead(socket, head => {
      const isProbe = !/^\S+ \/vector /.test(head);
      visits.push({isProbe, connection});
      if (isProbe) socket.write(PROBE_ANSWER);
      else void playOn(socket, script);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    play: next => {
      script = next;
    },
    takeVisits() {
      const taken = visits;
      visits = [];
      return taken;
    },
    close: () => closeServer(server, sockets),
  };
}

/** Calls back for each head that came whole. */
export function onEachHead(socket: Socket, onHead: (head: string) => void): void {
  let received = '';
  socket.on('data', bytes => {
    received += bytes.toString('latin1');
    for (let end = received.indexOf('\r\n\r\n'); end !== -1; end = received.indexOf('\r\n\r\n')) {
      onHead(received.slice(0, end));
      received = received.slice(end + 4);
    }
  });
}

async function playOn(socket: Socket, {pieces, ending}: Script): Promise<void> {
  await sendApart(socket, pieces);
  if (ending === 'close') socket.end();
  if (ending === 'reset') socket.resetAndDestroy();
}
