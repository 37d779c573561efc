import type {Socket} from 'node:net';
import type {TLSSocket} from 'node:tls';
import type {ClientConnection, HttpVersion} from './client-side.js';
import {sourceOf} from './socket-source.js';

/** What is known of a client from its connection. */
export function describeClient(socket: Socket, httpVersion: HttpVersion): ClientConnection {
  const isSecure = 'encrypted' in socket;
  const source = sourceOf(socket);
  return {
    address: plainAddress(source?.address ?? socket.remoteAddress ?? ''),
    port: source?.port ?? socket.remotePort ?? 0,
    isSecure,
    httpVersion,
    tls: isSecure ? (socket as TLSSocket) : undefined,
    proxy: undefined,
    forwarded: undefined,
  };
}

/** An IPv4 client of a dual-stack socket shows as ::ffff:127.0.0.1. */
export const plainAddress = (address: string): string =>
  address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
