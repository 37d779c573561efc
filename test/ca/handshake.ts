import {once} from 'node:events';
import type {AddressInfo} from 'node:net';
import {connect, createServer, type TLSSocket} from 'node:tls';
import {onTestFinished} from 'vitest';
import type {Certificate} from '../../src/proxy/certificate-source.js';

/** A TLS server with one certificate, on a free port of the loopback. It answers every request with `hello`. */
export async function startTlsServer(certificate: Certificate): Promise<number> {
  const server = createServer(certificate, socket => {
    socket.on('error', () => {});
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello'));
  });
  server.on('tlsClientError', () => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

/** What Node's client, which trusts this root alone, says to a server of this name: `accepted`, or why not. */
export async function handshake(root: string, port: number, serverName?: string): Promise<string> {
  const socket = connect({host: '127.0.0.1', port, ca: root, ...(serverName ? {servername: serverName} : {})});
  try {
    return await answerOf(socket);
  } finally {
    socket.destroy();
  }
}

async function answerOf(socket: TLSSocket): Promise<string> {
  try {
    await once(socket, 'secureConnect');
    return 'accepted';
  } catch (error) {
    return (error as Error).message;
  }
}
