import type {Socket} from 'node:net';
import type {ClientConnection, StartExchange} from '../client-side.js';
import type {Refusal} from '../http1/refusal.js';
import type {Limits, Timeouts} from '../limits.js';
import type {Sweep} from '../sweep.js';
import {ClientSession, type SessionHost} from './client-session.js';
import {serverOptions} from './session-options.js';

export type Http2Options = {
  readonly start: StartExchange;
  readonly limits: Limits;
  readonly timeouts: Timeouts;
  readonly sweep: Sweep;
  /** Told of a request that was refused before it was one. */
  readonly onRefused?: (refused: Refusal, client: ClientConnection) => void;
};

/** HTTP/2 on connections that somebody else accepted and made the TLS handshake on. */
export type Http2 = {
  /** Speaks HTTP/2 on the socket, which belongs to it from now on. */
  accept(socket: Socket): void;
  /** Says GOAWAY on every connection: streams that are open finish, and connections that come later take none. */
  drain(): void;
  /** Ends everything. */
  close(): void;
  /** Connections that are open. */
  readonly count: number;
};

export function createHttp2({start, limits, timeouts, sweep, onRefused}: Http2Options): Http2 {
  const sessions = new Set<ClientSession>();
  const host: SessionHost = {
    start,
    limits,
    timeouts,
    sweep,
    options: serverOptions(limits),
    onRefused: (refused, client) => onRefused?.(refused, client),
    onClose: session => void sessions.delete(session),
  };
  let isDraining = false;
  return {
    accept(socket) {
      // A reset may come at any time, also when the session has let go of its socket.
      socket.on('error', () => socket.destroy());
      if (socket.destroyed) return;
      const session = openSession(socket, host);
      if (session === undefined) return;
      sessions.add(session);
      if (isDraining) session.drain();
    },
    drain() {
      isDraining = true;
      for (const session of sessions) session.drain();
    },
    close() {
      for (const session of sessions) session.destroy();
    },
    get count() {
      return sessions.size;
    },
  };
}

/** Undefined for a socket that cannot carry a session any more. */
function openSession(socket: Socket, host: SessionHost): ClientSession | undefined {
  try {
    return new ClientSession(socket, host);
  } catch {
    socket.destroy();
    return undefined;
  }
}
