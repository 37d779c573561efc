// A tunnel: after a 101 the two connections are one stream of bytes each way, until both sides are closed.

import type {Duplex} from 'node:stream';
import type {ClientTunnel} from './client-side.js';
import {jitter} from './jitter.js';
import {createTunnelEnd, type TunnelEnd} from './tunnel-end.js';
import type {UpstreamTunnel} from './upstream.js';

/** The tunnels of one proxy. */
export type Tunnels = {
  /**
   * Copies both ways with backpressure. When one side is gone, the other gets what was still on its way and is closed too;
   * `onOver` is called once both are closed. What comes back closes them.
   */
  join(client: ClientTunnel, upstream: UpstreamTunnel, onOver: () => void): () => void;
  /**
   * Closes them, and those that come later, one after the other in the second half of `graceMs`, so that their clients do
   * not all come back at once.
   */
  drain(graceMs: number): void;
  close(): void;
  readonly count: number;
};

export function createTunnels(random: () => number = Math.random): Tunnels {
  const open = new Set<Duplex>();
  const timers = new Set<NodeJS.Timeout>();
  let drainsWithinMs: number | undefined;

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
      if (drainsWithinMs !== undefined) closeAfter(client.duplex, jitter(drainsWithinMs, random));
      const above: TunnelEnd = createTunnelEnd(socket, () => {
        onClose();
        below.closeSoon();
      });
      const below: TunnelEnd = createTunnelEnd(client.duplex, () => {
        onClose();
        above.closeSoon();
      });
      if (early !== undefined) below.write(early);
      if (client.early !== undefined) above.write(client.early);
      below.copyTo(above);
      above.copyTo(below);
      return () => client.duplex.destroy();
    },
    drain(graceMs) {
      drainsWithinMs = graceMs;
      for (const client of open) closeAfter(client, jitter(graceMs, random));
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
