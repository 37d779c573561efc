import {Socket} from 'node:net';
import dns2 from 'dns2';
import {errorCode, TakoError} from '../system/error.js';
import {describePortOwner, type Transport} from '../system/port-owner.js';
import {answerQuery} from './dns-answer.js';

export type DnsServerOptions = {
  /** 0 takes any port that is free for both UDP and TCP. */
  readonly port: number;
  readonly zones: readonly string[];
};

export type DnsServer = {readonly port: number; close(): Promise<void>};

const ADDRESS = '127.0.0.1';
/** Tries for a port that is free on both transports. */
const FREE_PORT_TRIES = 20;

/** Serves the managed zones over UDP and TCP on one loopback port. Throws DNS_PORT_IN_USE, naming the owner. */
export async function startDnsServer({port, zones}: DnsServerOptions): Promise<DnsServer> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await listen(port, zones);
    } catch (error) {
      if (errorCode(error) === 'EADDRINUSE' && port === 0 && attempt < FREE_PORT_TRIES) continue;
      throw await explain(error, port);
    }
  }
}

async function listen(port: number, zones: readonly string[]): Promise<DnsServer> {
  const udp = dns2.createUDPServer();
  const tcp = dns2.createTCPServer();
  const clients = new Set<Socket>();
  tcp.on('connection', socket => {
    clients.add(socket);
    socket.once('close', () => clients.delete(socket));
  });
  const close = async (): Promise<void> => {
    const closed = [closeServer(udp), closeServer(tcp)];
    // A server ends only after its last connection, and a client may keep that open for ever.
    for (const client of clients) client.destroy();
    await Promise.all(closed);
  };
  try {
    const bound = await bindUdp(udp, port);
    await bindTcp(tcp, bound);
    for (const server of [udp, tcp]) serve(server, zones);
    return {port: bound, close};
  } catch (error) {
    await close();
    throw error;
  }
}

type AnyServer = ReturnType<typeof dns2.createUDPServer> | ReturnType<typeof dns2.createTCPServer>;
type Packet = dns2.Packet;
type Reply = (response: Packet) => unknown;

function serve(server: AnyServer, zones: readonly string[]): void {
  server.on('request', (request: Packet, reply: Reply, client: unknown) => {
    const response = answerQuery(request, zones);
    // A client that is gone before its answer is its own loss.
    if (response) Promise.resolve(reply(response)).catch(() => undefined);
    else if (client instanceof Socket) client.destroy();
  });
  // Packets without a readable header come from nobody we could answer.
  server.on('requestError', () => undefined);
  server.on('error', () => undefined);
}

function bindUdp(udp: ReturnType<typeof dns2.createUDPServer>, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    udp.once('error', reject);
    udp.once('listening', () => {
      udp.off('error', reject);
      resolve(udp.address().port);
    });
    udp.bind(port, ADDRESS);
  });
}

function bindTcp(tcp: ReturnType<typeof dns2.createTCPServer>, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    tcp.once('error', reject);
    tcp.once('listening', () => {
      tcp.off('error', reject);
      resolve();
    });
    tcp.listen(port, ADDRESS);
  });
}

/** Closing what never opened is closing. */
const closeServer = (server: AnyServer): Promise<void> =>
  new Promise(resolve => {
    try {
      server.close(() => resolve());
    } catch {
      resolve();
    }
  });

async function explain(error: unknown, port: number): Promise<unknown> {
  if (errorCode(error) === 'EACCES') {
    return new TakoError('DNS_PORT_DENIED', `this user may not open DNS port ${port}`, {
      hint: 'choose a port above 1023 with --dns-port',
      cause: error,
    });
  }
  if (errorCode(error) !== 'EADDRINUSE') return error;
  const transports: readonly Transport[] = ['udp', 'tcp'];
  const owners = await Promise.all(transports.map(transport => describePortOwner(port, transport)));
  return new TakoError(
    'DNS_PORT_IN_USE',
    `DNS port ${port} is in use by ${owners.find(Boolean) ?? 'another process'}`,
    {
      hint: 'stop that program, or choose another port with --dns-port',
      cause: error,
    },
  );
}
