// A tunnel: after a 101 the two connections are one stream of bytes each way, until both sides are closed.

import type {ClientTunnel} from './client-side.js';
import {CLOSING_MS, jitter} from './jitter.js';
import {createTunnelEnd, type TunnelEnd, type TunnelSink} from './tunnel-end.js';
import type {UpstreamTunnel} from './upstream.js';
import {CLIENT_GOES_AWAY, SERVER_GOES_AWAY} from './websocket-frames.js';
import {WebSocketLane} from './websocket-lane.js';

/** The tunnels of one proxy. */
export type Tunnels = {
  /**
   * Copies both ways with backpressure. When one side is gone, the other gets what was still on its way and is closed too;
   * `onOver` is called once both are closed.
   */
  join(client: ClientTunnel, upstream: UpstreamTunnel, options: TunnelOptions): Tunnel;
  /**
   * Ends them, and those that come later, one after the other in the second half of `graceMs`, so that their clients do
   * not all come back at once.
   */
  drain(graceMs: number): void;
  /** Cuts all of them off. */
  close(): void;
  readonly count: number;
};

export type TunnelOptions = {
  /** What is spoken in it, in lower case. */
  readonly protocol: string;
  readonly onOver: () => void;
};

/** Frames of a WebSocket that have come so far. */
export type TunnelFrames = {
  /** Undefined where something else is spoken. */
  readonly frames: {readonly fromClient: number; readonly toClient: number} | undefined;
};

export type Tunnel = TunnelFrames & {
  /** Says goodbye to both sides where the protocol has a word for it, and cuts off otherwise, or CLOSING_MS later. */
  end(): void;
};

export function createTunnels(random: () => number = Math.random): Tunnels {
  const open = new Set<JoinedTunnel>();
  const timers = new Set<NodeJS.Timeout>();
  let drainsWithinMs: number | undefined;

  function endAfter(tunnel: Tunnel, ms: number): void {
    const timer = setTimeout(() => {
      timers.delete(timer);
      tunnel.end();
    }, ms);
    timer.unref();
    timers.add(timer);
  }

  return {
    join(client, upstream, {protocol, onOver}) {
      const tunnel: JoinedTunnel = new JoinedTunnel(client, upstream, () => {
        open.delete(tunnel);
        onOver();
      });
      open.add(tunnel);
      if (protocol === 'websocket') tunnel.joinWebSocket();
      else tunnel.joinBytes();
      if (drainsWithinMs !== undefined) endAfter(tunnel, jitter(drainsWithinMs, random));
      return tunnel;
    },
    drain(graceMs) {
      drainsWithinMs = graceMs;
      for (const tunnel of open) endAfter(tunnel, jitter(graceMs, random));
    },
    close() {
      for (const timer of timers) clearTimeout(timer);
      for (const tunnel of open) tunnel.destroy();
    },
    get count() {
      return open.size;
    },
  };
}

/** The two directions of a WebSocket. */
type Lanes = {readonly toClient: WebSocketLane; readonly toApp: WebSocketLane};

class JoinedTunnel implements Tunnel {
  readonly #client: TunnelEnd;
  readonly #app: TunnelEnd;
  readonly #onOver: () => void;
  #early: {readonly fromClient: Buffer | undefined; readonly fromApp: Buffer | undefined};
  #openSides = 2;
  #lanes: Lanes | undefined;
  #isEnding = false;
  /** Each side was told, and is closed when it has answered. */
  #isAwaitingAnswers = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(client: ClientTunnel, upstream: UpstreamTunnel, onOver: () => void) {
    this.#onOver = onOver;
    this.#early = {fromClient: client.early, fromApp: upstream.early};
    this.#app = createTunnelEnd(upstream.socket, () => this.#closeAfter(this.#client));
    this.#client = createTunnelEnd(client.duplex, () => this.#closeAfter(this.#app));
  }

  joinBytes(): void {
    this.#copy(this.#client, this.#app);
  }

  joinWebSocket(): void {
    const [client, app] = [this.#client, this.#app];
    this.#lanes = {
      toClient: new WebSocketLane({
        ...{from: app, to: client, goodbye: SERVER_GOES_AWAY},
        onAnswer: () => app.closeSoon(),
      }),
      toApp: new WebSocketLane({
        ...{from: client, to: app, goodbye: CLIENT_GOES_AWAY},
        onAnswer: () => client.closeSoon(),
      }),
    };
    this.#copy(this.#lanes.toClient, this.#lanes.toApp);
  }

  get frames(): Tunnel['frames'] {
    return this.#lanes && {fromClient: this.#lanes.toApp.frames, toClient: this.#lanes.toClient.frames};
  }

  end(): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    const lanes = this.#lanes;
    if (lanes === undefined) {
      this.destroy();
      return;
    }
    this.#timer = setTimeout(() => this.destroy(), CLOSING_MS).unref();
    // One side is closing it already, and the other is about to answer.
    if (lanes.toApp.isClosed || lanes.toClient.isClosed) return;
    this.#isAwaitingAnswers = true;
    lanes.toClient.close();
    lanes.toApp.close();
  }

  /** Cuts off both sides. */
  destroy(): void {
    this.#client.destroy();
    this.#app.destroy();
  }

  #copy(toClient: TunnelSink, toApp: TunnelSink): void {
    const {fromClient, fromApp} = this.#early;
    this.#early = NOTHING_EARLY;
    if (fromApp !== undefined) toClient.write(fromApp);
    if (fromClient !== undefined) toApp.write(fromClient);
    this.#client.copyTo(toApp);
    this.#app.copyTo(toClient);
  }

  /** One side is closed, and the other is not needed any more. */
  #closeAfter(other: TunnelEnd): void {
    this.#openSides -= 1;
    if (this.#openSides === 0) {
      clearTimeout(this.#timer);
      this.#onOver();
    }
    if (!this.#isAwaitingAnswers) other.closeSoon();
  }
}

const NOTHING_EARLY = {fromClient: undefined, fromApp: undefined};
