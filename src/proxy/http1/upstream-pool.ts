import type {Limits, Timeouts} from '../limits.js';
import type {Sweep} from '../sweep.js';
import type {Upstream, UpstreamPool, UpstreamReceiver, WantedConnection} from '../upstream.js';
import {HeadParser} from './head-parser.js';
import {Http1UpstreamConnection, type UpstreamHost} from './upstream-connection.js';

export type PoolOptions = {readonly limits: Limits; readonly timeouts: Timeouts; readonly sweep: Sweep};

/** The idle connections to one upstream, the last one used at the end: it is the one least likely to have been closed. */
type Peer = {readonly identity: string; readonly idle: Http1UpstreamConnection[]};

/**
 * Connections to HTTP/1.1 upstreams. An idle one is used again only if nothing came on it and it was used a moment ago;
 * two upstreams share connections only if they are the same in everything that says who they are.
 */
export function createHttp1Pool({limits, timeouts, sweep}: PoolOptions): UpstreamPool {
  const peers = new Map<string, Peer>();
  const byUpstream = new WeakMap<Upstream, Peer>();
  const open = new Set<Http1UpstreamConnection>();
  const host: UpstreamHost = {
    limits,
    timeouts,
    sweep,
    parser: new HeadParser({fields: limits.responseFields, targetBytes: limits.targetBytes}),
    onIdle(connection) {
      const {idle} = peerOf(connection.upstream);
      connection.idleSince = Date.now();
      if (idle.length >= limits.idleUpstreamConnections) connection.destroy();
      else idle.push(connection);
    },
    onClose(connection) {
      open.delete(connection);
      const peer = peerOf(connection.upstream);
      const index = peer.idle.indexOf(connection);
      if (index !== -1) peer.idle.splice(index, 1);
      // Apps come and go on ever new ports: an upstream without connections is not remembered.
      if (peer.idle.length === 0) peers.delete(peer.identity);
    },
  };

  function peerOf(upstream: Upstream): Peer {
    const known = byUpstream.get(upstream);
    if (known !== undefined) return known;
    const identity = identityOf(upstream);
    const peer = peers.get(identity) ?? {identity, idle: []};
    peers.set(identity, peer);
    byUpstream.set(upstream, peer);
    return peer;
  }

  function takeIdle({idle}: Peer): Http1UpstreamConnection | undefined {
    const newest = Date.now() - timeouts.upstreamIdleMs;
    for (let connection = idle.pop(); connection !== undefined; connection = idle.pop()) {
      if (connection.isIdle && connection.idleSince >= newest) return connection;
      connection.destroy();
    }
    return undefined;
  }

  return {
    connect(upstream: Upstream, receiver: UpstreamReceiver, wanted: WantedConnection = 'any') {
      const idle = wanted === 'any' ? takeIdle(peerOf(upstream)) : undefined;
      if (idle !== undefined) {
        idle.reuse(receiver);
        receiver.onConnected(idle);
        return nothing;
      }
      const connection = new Http1UpstreamConnection(upstream, host, receiver);
      open.add(connection);
      return () => connection.destroy();
    },
    close() {
      for (const connection of open) connection.destroy();
    },
  };
}

const nothing = (): void => undefined;

/** Everything that a connection may not differ in from the upstream it is used for. */
const identityOf = ({host, port, tls}: Upstream): string => JSON.stringify([host, port, tls ?? null]);
