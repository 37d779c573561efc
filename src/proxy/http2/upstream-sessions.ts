import type {Limits, Timeouts} from '../limits.js';
import type {Sweep} from '../sweep.js';
import {type Upstream, UpstreamError, type UpstreamPool} from '../upstream.js';
import {UpstreamSession, type UpstreamSessionHost, type Waiter} from './upstream-session.js';

export type Http2PoolOptions = {readonly limits: Limits; readonly timeouts: Timeouts; readonly sweep: Sweep};

/**
 * Connections to h2c upstreams. Requests share one as long as the upstream allows more; another is opened only when all
 * are full. A request is never given a connection that is about to end.
 */
export function createHttp2Pool({limits, timeouts, sweep}: Http2PoolOptions): UpstreamPool {
  const open = new Set<UpstreamSession>();
  const usable = new Map<string, Set<UpstreamSession>>();
  const host: UpstreamSessionHost = {
    limits,
    timeouts,
    sweep,
    onCrowded({upstream, allowed}, waiter) {
      if (allowed > 0) sessionWithRoom(upstream).take(waiter);
      else waiter.receiver.onUpstreamError(noStreams());
    },
    onRetired(session) {
      const identity = identityOf(session.upstream);
      const peer = usable.get(identity);
      peer?.delete(session);
      // Apps come and go on ever new ports: an upstream without connections is not remembered.
      if (peer?.size === 0) usable.delete(identity);
    },
    onClose: session => void open.delete(session),
  };

  function sessionWithRoom(upstream: Upstream): UpstreamSession {
    const identity = identityOf(upstream);
    const peer = usable.get(identity) ?? new Set();
    for (const session of peer) {
      if (session.hasRoom) return session;
    }
    const session = new UpstreamSession(upstream, host);
    open.add(session);
    usable.set(identity, peer.add(session));
    return session;
  }

  return {
    connect(upstream, receiver) {
      const waiter: Waiter = {receiver, hasGivenUp: false};
      sessionWithRoom(upstream).take(waiter);
      return () => {
        waiter.hasGivenUp = true;
      };
    },
    close() {
      for (const session of open) session.destroy();
    },
  };
}

const identityOf = ({host, port}: Upstream): string => `${host} ${port}`;

const noStreams = (): UpstreamError => new UpstreamError('refused-stream', 'the app allows no requests', 'unsent');
