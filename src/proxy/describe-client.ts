import type {Socket} from 'node:net';
import type {TLSSocket} from 'node:tls';
import type {ClientConnection, HttpVersion} from './client-side.js';

/** What is known of a client from its connection. */
export function describeClient(socket: Socket, httpVersion: HttpVersion): ClientConnection {
  const isSecure = 'encrypted' in socket;
  return {
    address: plainAddress(socket.remoteAddress ?? ''),
    port: socket.remotePort ?? 0,
    isSecure,
    httpVersion,
    tls: isSecure ? (socket as TLSSocket) : undefined,
    forwarded: undefined,
  };
}

/** An IPv4 client of a dual-stack socket shows as ::ffff:127.0.0.1. */
const plainAddress = (address: string): string => (address.startsWith('::ffff:') ? address.slice(7) : address);
