import {once} from 'node:events';
import {connect, type Socket} from 'node:net';
import {LOOPBACK} from './loopback.js';

/** Tells of connections a listener accepts, until the function it returns is called. */
export type WatchArrivals = (onArrival: (socket: Socket) => void) => () => unknown;

/** A connection to this machine arrives within the same millisecond; what takes longer goes somewhere else. */
const PATIENCE_MS = 1_000;

/**
 * Whether who connects to this port of this machine arrives at the listener, whatever leads there: a rule of the packet
 * filter, or the port itself. It is tried. An address where nobody listens leads nowhere else, but the first has to lead
 * here. What is connected is closed again without a word.
 */
export async function isReachedAt(port: number, watch: WatchArrivals): Promise<boolean> {
  const ways = await Promise.all(LOOPBACK.map(host => tryWay(host, port, watch)));
  return ways[0] === 'here' && !ways.includes('elsewhere');
}

type Way = 'here' | 'elsewhere' | 'closed';

async function tryWay(host: string, port: number, watch: WatchArrivals): Promise<Way> {
  const {promise: isLate, resolve} = Promise.withResolvers<undefined>();
  const timer = setTimeout(resolve, PATIENCE_MS, undefined);
  const arrivals = followArrivals(watch);
  const socket = connect({host, port});
  try {
    const connected = once(socket, 'connect').then(() => 'open' as const);
    const outcome = await Promise.race([connected.catch(() => 'closed' as const), isLate]);
    if (outcome !== 'open') return outcome ?? 'elsewhere';
    const arrived = arrivals.from(socket.localPort).then(() => 'here' as const);
    return (await Promise.race([arrived, isLate])) ?? 'elsewhere';
  } finally {
    clearTimeout(timer);
    arrivals.close();
    socket.on('error', () => undefined).destroy();
  }
}

type Arrivals = {
  /** Resolves when a connection from this port has arrived, before or after the call. */
  from(port: number | undefined): Promise<void>;
  close(): unknown;
};

function followArrivals(watch: WatchArrivals): Arrivals {
  const seen = new Set<number | undefined>();
  let look = (): void => undefined;
  const close = watch(({remotePort}) => {
    seen.add(remotePort);
    look();
  });
  return {
    close,
    from: port =>
      new Promise(resolve => {
        look = () => seen.has(port) && resolve();
        look();
      }),
  };
}
