// The sockets that the gateway listens on. They are bound, and kept, here: who listens on them comes and goes, and
// connections wait in their queue meanwhile. Those that systemd has opened for us (sd_listen_fds(3)) go first.

import {readFileSync, readlinkSync} from 'node:fs';
import {BoundSocket, isIPv6} from 'node:net';
import {errorCode, TakoError} from '../../system/error.js';
import {inheritedDescriptors} from '../../system/inherited-descriptors.js';

/** A place to listen on, under the name that the server process knows it by. `host` is an address, not a name. */
export type ListenerSpec = {readonly name: string; readonly host: string; readonly port: number};

export type ListeningSocket = ListenerSpec & {readonly fd: number};

export type ListeningSockets = {
  readonly sockets: readonly ListeningSocket[];
  close(): void;
};

/** Binds what was not inherited, or throws PORT_IN_USE or PORT_DENIED with nothing left open. */
export function openListeningSockets(
  listeners: readonly ListenerSpec[],
  environment: NodeJS.ProcessEnv = process.env,
): ListeningSockets {
  const inherited = inheritedSockets(environment);
  const names = new Set(inherited.map(({name}) => name));
  const bound: BoundSocket[] = [];
  const close = (): void => {
    for (const socket of bound) socket.close();
  };
  try {
    const opened = listeners
      .filter(({name}) => !names.has(name))
      .flatMap(listener => {
        const socket = bind(listener);
        if (!socket) return [];
        bound.push(socket);
        return [{...listener, fd: socket.fd(), port: (socket.address() as {port: number}).port}];
      });
    return {sockets: [...inherited, ...opened], close};
  } catch (error) {
    close();
    throw error;
  }
}

/** Undefined on a machine that has no IPv6. An IPv6 address is for IPv6 alone: both families can have the same port. */
function bind({host, port}: ListenerSpec): BoundSocket | undefined {
  try {
    return new BoundSocket({host, port, ipv6Only: isIPv6(host)});
  } catch (error) {
    const code = errorCode(error) ?? '';
    if (isIPv6(host) && NO_IPV6.includes(code)) return undefined;
    throw explainBind(port, code, error);
  }
}

const NO_IPV6 = ['EAFNOSUPPORT', 'EADDRNOTAVAIL'];

function explainBind(port: number, code: string, cause: unknown): unknown {
  if (code === 'EADDRINUSE') {
    return new TakoError('PORT_IN_USE', `port ${port} is already in use`, {
      hint: `"ss -ltnp sport = :${port}" says by whom`,
      cause,
    });
  }
  if (code === 'EACCES') {
    return new TakoError('PORT_DENIED', `this user may not open port ${port}`, {
      hint: `as root: echo net.ipv4.ip_unprivileged_port_start=${port} >/etc/sysctl.d/50-tako.conf && sysctl --system`,
      cause,
    });
  }
  return cause;
}

/** Those of systemd, with where they are bound. */
export const inheritedSockets = (environment: NodeJS.ProcessEnv): readonly ListeningSocket[] =>
  inheritedDescriptors(environment).map(({name, fd}) => ({name, fd, ...addressOf(fd)}));

/** Where a listening socket is bound, as the system lists it: Node tells only of sockets that it opened itself. */
function addressOf(fd: number): {readonly host: string; readonly port: number} {
  const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${fd}`))?.[1];
  for (const table of ['/proc/self/net/tcp', '/proc/self/net/tcp6']) {
    for (const line of readFileSync(table, 'utf8').split('\n').slice(1)) {
      // proc_net_tcp: sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode
      const [, local = '', , , , , , , , found] = line.trim().split(/\s+/);
      if (inode !== undefined && found === inode) return parseAddress(local);
    }
  }
  throw new TakoError('SOCKET_UNKNOWN', `file descriptor ${fd} is no socket to listen on`, {
    hint: 'look at the .socket unit: it has to have ListenStream only',
  });
}

/** `0100007F:1F90`: an address in words of the machine's byte order, and a port. */
function parseAddress(text: string): {readonly host: string; readonly port: number} {
  const [address = '', port = ''] = text.split(':');
  const words = address.match(/.{8}/g) ?? [];
  const bytes = words.flatMap(word => [...Buffer.from(word, 'hex').reverse()]);
  return {host: renderAddress(bytes), port: Number.parseInt(port, 16)};
}

function renderAddress(bytes: readonly number[]): string {
  if (bytes.length === 4) return bytes.join('.');
  if (bytes.every(byte => byte === 0)) return '::';
  const groups = Array.from({length: 8}, (_, index) => ((bytes[index * 2] ?? 0) << 8) | (bytes[index * 2 + 1] ?? 0));
  return groups.map(group => group.toString(16)).join(':');
}
