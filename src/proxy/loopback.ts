import {BlockList, isIPv6, type Socket} from 'node:net';

/** This machine's own addresses that no other can reach, in the order they are tried. */
export const LOOPBACK = ['127.0.0.1', '::1'] as const;

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** False for what is no address: a peer that is gone has none. IPv4 in an IPv6 address (`::ffff:127.0.0.1`) is IPv4. */
export const isLoopback = (address: string | undefined): boolean =>
  address !== undefined && loopback.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');

/**
 * Lets connections through whose both ends are loopback addresses, which no other machine can have (RFC 1122 3.2.1.3,
 * RFC 4291 2.5.3). All others are reset before a byte of them is read: to their peers the port is closed.
 */
export const onlyLoopback =
  (accept: (socket: Socket) => void): ((socket: Socket) => void) =>
  socket => {
    if (isLoopback(socket.remoteAddress) && isLoopback(socket.localAddress)) accept(socket);
    else socket.resetAndDestroy();
  };
