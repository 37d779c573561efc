import {once} from 'node:events';
import {createServer, isIPv6, type Server, type Socket} from 'node:net';
import {errorCode, TakoError} from '../system/error.js';
import {describePortOwner} from '../system/port-owner.js';

export type ListenerOptions = {
  /** 0 takes any free port. */
  readonly port: number;
  /** Taken instead when the system denies `port` to this user; a port in use is an error, never a quiet move. */
  readonly deniedPort?: number | undefined;
  /** The address to listen on, or several with the same port; both loopback addresses if not given. */
  readonly host?: string | readonly string[] | undefined;
  /** File descriptors of sockets that somebody else has bound to `port`: they are listened on, and nothing is opened. */
  readonly sockets?: readonly number[] | undefined;
  readonly onConnection: (socket: Socket) => void;
};

export type Listener = {
  readonly port: number;
  /** True when `port` was denied and `deniedPort` is used. */
  readonly isDenied: boolean;
  /** Connections that are open, in whatever state. */
  count(): number;
  /** Stops accepting; what is connected goes on. */
  stop(): void;
  /** Stops accepting and destroys what is connected. */
  close(): Promise<void>;
};

const LOOPBACK = ['127.0.0.1', '::1'] as const;
/** Connections the kernel keeps for us; with node's 511 a burst of a thousand waits a second for its SYNs to be sent again. */
const BACKLOG = 4_096;
/** Silence after which the system asks whether the peer is still there. */
const KEEP_ALIVE_DELAY_MS = 60_000;
/** Tries for a port that is free on both addresses. */
const FREE_PORT_TRIES = 20;

/** Opens one port on both loopback addresses, or on those given. Throws PORT_IN_USE, naming the owner where this user may see it. */
export async function openListener(options: ListenerOptions): Promise<Listener> {
  const {port, deniedPort, host, sockets, onConnection} = options;
  if (sockets !== undefined) return listenOn(sockets, port, onConnection);
  try {
    return await listenOn([host ?? LOOPBACK].flat(), port, onConnection);
  } catch (error) {
    if (errorCode(error) === 'EACCES' && deniedPort !== undefined) {
      const listener = await openListener({port: deniedPort, host, onConnection});
      return {...listener, isDenied: true};
    }
    if (errorCode(error) === 'EADDRINUSE') throw await portInUse(port, error);
    if (errorCode(error) === 'EACCES') throw portDenied(port, error);
    throw error;
  }
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
  const accept = (socket: Socket): void => {
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
        const server = await openServer(servers.length > 0 ? portOf(servers) : port, place, accept);
        if (server) servers.push(server);
      }
      return servers;
    } catch (error) {
      await Promise.all(servers.map(closeServer));
      if (port !== 0 || errorCode(error) !== 'EADDRINUSE' || attempt === FREE_PORT_TRIES) throw error;
    }
  }
}

/** Undefined on a machine without IPv6. */
async function openServer(port: number, place: Place, accept: (socket: Socket) => void): Promise<Server | undefined> {
  // A peer that vanished without a word is found out, also where nothing is sent: on a tunnel, say.
  const server = createServer({noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_DELAY_MS}, accept);
  const where = typeof place === 'number' ? {fd: place} : {port, host: place, ipv6Only: isIPv6(place)};
  server.listen({...where, backlog: BACKLOG});
  try {
    await once(server, 'listening');
    // An accept that fails (out of descriptors) costs that connection, not the listener.
    server.on('error', () => undefined);
    return server;
  } catch (error) {
    if (place === '::1' && ['EADDRNOTAVAIL', 'EAFNOSUPPORT'].includes(errorCode(error) ?? '')) return undefined;
    throw error;
  }
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
