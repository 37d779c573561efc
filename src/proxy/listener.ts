import {once} from 'node:events';
import {createServer, isIPv6, type Server, type Socket} from 'node:net';
import {errorCode, TakoError} from '../system/error.js';
import {describePortOwner} from '../system/port-owner.js';
import {LOOPBACK, onlyLoopback} from './loopback.js';
import {isReachedAt} from './reached-port.js';

export type ListenerOptions = {
  /** 0 takes any free port. */
  readonly port: number;
  /**
   * Taken instead when the system denies `port` to this user; a port in use is an error, never a quiet move. Where a rule
   * of the system leads connections from `port` there, `port` is the one the listener says it has: that is tried.
   */
  readonly deniedPort?: number | undefined;
  /** `deniedPort` is taken only where connections to `port` are led there: else PORT_DENIED. */
  readonly isExact?: boolean;
  /**
   * What the system denies at the loopback addresses is tried at all addresses, for loopback peers alone: macOS lets every
   * user open ports below 1024 there, since 10.14 (vercel-labs/portless#330).
   */
  readonly isTriedEverywhere?: boolean;
  /** The address to listen on, or several with the same port, of which only the first has to be there; both loopback addresses if not given. */
  readonly host?: string | readonly string[] | undefined;
  /** Whose connections are taken: everybody's, if not given. Those of other machines are reset before a byte is read. */
  readonly peers?: 'loopback' | undefined;
  /** File descriptors of sockets that somebody else has bound to `port`: they are listened on, and nothing is opened. */
  readonly sockets?: readonly number[] | undefined;
  readonly onConnection: (socket: Socket) => void;
};

export type Listener = {
  /** What people connect to. */
  readonly port: number;
  /** True when `port` was denied and `deniedPort` is used. */
  readonly isDenied: boolean;
  /** Whether who connects to that port of this machine arrives here: it is tried, with connections that say nothing. */
  isReachedAt(port: number): Promise<boolean>;
  /** Connections that are open, in whatever state. */
  count(): number;
  /** Stops accepting; what is connected goes on. */
  stop(): void;
  /** Stops accepting and destroys what is connected. */
  close(): Promise<void>;
};

/** With IPv6 for itself: each is a socket of its own. */
const EVERYWHERE = ['0.0.0.0', '::'] as const;
/** Connections the kernel keeps for us; with node's 511 a burst of a thousand waits a second for its SYNs to be sent again. */
const BACKLOG = 4_096;
/** Silence after which the system asks whether the peer is still there. */
const KEEP_ALIVE_DELAY_MS = 60_000;
/** Tries for a port that is free on both addresses. */
const FREE_PORT_TRIES = 20;

/** Opens one port on both loopback addresses, or on those given. Throws PORT_IN_USE, naming the owner where this user may see it. */
export async function openListener(options: ListenerOptions): Promise<Listener> {
  const {port, host, peers, sockets, onConnection} = options;
  const accept = peers === 'loopback' ? onlyLoopback(onConnection) : onConnection;
  if (sockets !== undefined) return listenOn(sockets, port, accept);
  try {
    return await listenOn([host ?? LOOPBACK].flat(), port, accept);
  } catch (error) {
    if (errorCode(error) === 'EACCES') return openDenied(options, error);
    throw await explain(error, port);
  }
}

async function openDenied(options: ListenerOptions, cause: unknown): Promise<Listener> {
  const listener = (await openEverywhere(options)) ?? (await openInstead(options));
  if (listener === undefined) throw portDenied(options.port, cause);
  return listener;
}

/** Undefined where that is denied as well. */
async function openEverywhere({port, isTriedEverywhere, onConnection}: ListenerOptions): Promise<Listener | undefined> {
  if (isTriedEverywhere !== true) return undefined;
  const listener = await listenOn(EVERYWHERE, port, onlyLoopback(onConnection)).catch(async error => {
    if (errorCode(error) === 'EACCES') return undefined;
    throw await explain(error, port);
  });
  if (listener === undefined || (await listener.isReachedAt(port))) return listener;
  // BSD lets both listen, and the one at the loopback address itself gets what arrives there.
  await listener.close();
  throw await portInUse(port, undefined);
}

/** Undefined where there is nothing else to take. */
async function openInstead(options: ListenerOptions): Promise<Listener | undefined> {
  const {port, deniedPort, isExact = false, host, peers, onConnection} = options;
  if (deniedPort === undefined) return undefined;
  const opened = openListener({port: deniedPort, host, peers, onConnection});
  // Who insists on a port does not care about another one.
  const listener = await (isExact ? opened.catch(() => undefined) : opened);
  if (listener === undefined) return undefined;
  if (await listener.isReachedAt(port)) return {...listener, port};
  if (!isExact) return {...listener, isDenied: true};
  await listener.close();
  return undefined;
}

async function explain(error: unknown, port: number): Promise<unknown> {
  if (errorCode(error) === 'EADDRINUSE') return portInUse(port, error);
  return error;
}

async function listenOn(
  places: readonly Place[],
  port: number,
  onConnection: (socket: Socket) => void,
): Promise<Listener> {
  const sockets = new Set<Socket>();
  // One for all sockets: a closure of its own for each would cost memory on every idle one.
  function forget(this: Socket): void {
    sockets.delete(this);
  }
  const watchers = new Set<(socket: Socket) => void>();
  const accept = (socket: Socket): void => {
    for (const onArrival of watchers) onArrival(socket);
    sockets.add(socket);
    socket.on('close', forget);
    // A reset may come before any protocol has its own listener in place.
    socket.on('error', destroyItself);
    onConnection(socket);
  };
  const servers = await openServers(places, port, accept);
  let stopped: Promise<unknown> | undefined;
  const stop = (): Promise<unknown> => (stopped ??= Promise.all(servers.map(closeServer)));
  const close = async (): Promise<void> => {
    const closed = stop();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  return {
    port: portOf(servers),
    isDenied: false,
    isReachedAt: port =>
      isReachedAt(port, onArrival => {
        watchers.add(onArrival);
        return () => watchers.delete(onArrival);
      }),
    count: () => sockets.size,
    stop: () => void stop(),
    close,
  };
}

function destroyItself(this: Socket): void {
  this.destroy();
}

/** An address, or the descriptor of a socket that has one already. */
type Place = string | number;

async function openServers(
  places: readonly Place[],
  port: number,
  accept: (socket: Socket) => void,
): Promise<Server[]> {
  for (let attempt = 1; ; attempt++) {
    const servers: Server[] = [];
    try {
      for (const place of places) {
        const isFirst = servers.length === 0;
        const server = await openServer(isFirst ? port : portOf(servers), place, accept).catch(error => {
          if (isFirst || !NOT_THERE.has(errorCode(error) ?? '')) throw error;
        });
        if (server) servers.push(server);
      }
      return servers;
    } catch (error) {
      await Promise.all(servers.map(closeServer));
      if (port !== 0 || errorCode(error) !== 'EADDRINUSE' || attempt === FREE_PORT_TRIES) throw error;
    }
  }
}

/** Of a second address: this machine has no IPv6, or is still finding out whether it may have that one. */
const NOT_THERE: ReadonlySet<string> = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT']);

async function openServer(port: number, place: Place, accept: (socket: Socket) => void): Promise<Server> {
  // A peer that vanished without a word is found out, also where nothing is sent: on a tunnel, say.
  const server = createServer({noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_DELAY_MS}, accept);
  const where = typeof place === 'number' ? {fd: place} : {port, host: place, ipv6Only: isIPv6(place)};
  server.listen({...where, backlog: BACKLOG});
  await once(server, 'listening');
  // An accept that fails (out of descriptors) costs that connection, not the listener.
  server.on('error', () => undefined);
  return server;
}

function portOf(servers: readonly Server[]): number {
  const address = servers[0]?.address();
  if (typeof address !== 'object' || !address) throw new Error('the listener has no address');
  return address.port;
}

const closeServer = (server: Server): Promise<void> => new Promise(resolve => server.close(() => resolve()));

async function portInUse(port: number, cause: unknown): Promise<TakoError> {
  const owner = await describePortOwner(port, 'tcp');
  return new TakoError('PORT_IN_USE', `port ${port} is in use by ${owner ?? 'another process'}`, {
    hint: 'stop that program, or choose other ports with --port and --http-port',
    cause,
  });
}

const portDenied = (port: number, cause: unknown): TakoError =>
  new TakoError('PORT_DENIED', `this user may not open port ${port}`, {hint: 'choose a port above 1023', cause});
