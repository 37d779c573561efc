// A tunnel: after a 101 the two connections are one stream of bytes each way, until both sides are closed.

import {Socket} from 'node:net';
import type {Duplex} from 'node:stream';
import type {ClientTunnel} from './client-side.js';
import type {UpstreamTunnel} from './upstream.js';

/** The tunnels of one proxy. */
export type Tunnels = {
  /** Copies both ways with backpressure; `onOver` is called once both sides are closed. What comes back closes them. */
  join(client: ClientTunnel, upstream: UpstreamTunnel, onOver: () => void): () => void;
  /** Closes them one after the other within `graceMs`, so that their clients do not all come back at once. */
  drain(graceMs: number): void;
  close(): void;
  readonly count: number;
};

export function createTunnels(random: () => number = Math.random): Tunnels {
  const open = new Set<Duplex>();
  const timers = new Set<NodeJS.Timeout>();

  function closeAfter(client: Duplex, ms: number): void {
    const timer = setTimeout(() => {
      timers.delete(timer);
      client.destroy();
    }, ms);
    timer.unref();
    timers.add(timer);
  }

  return {
    join(client, {socket, early}, onOver) {
      let sides = 2;
      const onClose = (): void => {
        sides -= 1;
        if (sides > 0) return;
        open.delete(client.duplex);
        onOver();
      };
      open.add(client.duplex);
      if (early !== undefined) client.duplex.write(early);
      if (client.early !== undefined) socket.write(client.early);
      copy(client.duplex, socket, onClose);
      copy(socket, client.duplex, onClose);
      return () => client.duplex.destroy();
    },
    drain(graceMs) {
      for (const client of open) closeAfter(client, graceMs * random());
    },
    close() {
      for (const timer of timers) clearTimeout(timer);
      for (const client of open) client.destroy();
    },
    get count() {
      return open.size;
    },
  };
}

/** An end travels on as an end; when one side is gone, the other gets what was still on its way and is closed too. */
function copy(from: Duplex, to: Duplex, onClose: () => void): void {
  if (from instanceof Socket) prepare(from);
  from.on('data', (chunk: Buffer) => {
    if (!to.write(chunk)) from.pause();
  });
  to.on('drain', () => from.resume());
  // It may have ended before there was a tunnel.
  if (from.readableEnded) to.end();
  else from.on('end', () => to.end());
  from.on('error', () => to.destroy());
  if (from.closed) closeBehind(to, onClose);
  else from.once('close', () => closeBehind(to, onClose));
  from.resume();
}

function prepare(socket: Socket): void {
  socket.allowHalfOpen = true;
  socket.setTimeout(0);
  socket.setNoDelay(true);
}

function closeBehind(to: Duplex, onClose: () => void): void {
  onClose();
  if (to instanceof Socket) to.destroySoon();
  else if (!to.destroyed) to.end(() => to.destroy());
}
