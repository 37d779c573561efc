import type {Socket} from 'node:net';
import {createSecureContext, createServer, type TLSSocket} from 'node:tls';
import type {Certificate} from '../certificate-source.js';
import {normalizeHost} from '../route-syntax.js';
import type {HelloFacts} from './client-hello.js';

/** The certificates that prove to a CA that a name leads here, for as long as it looks (TLS-ALPN-01, RFC 8737). */
export type TlsChallenges = {
  /** Whether there is any: only then hellos are looked at for it. */
  isPending(): boolean;
  certificateFor(serverName: string): Certificate | undefined;
};

/** RFC 8737, section 6.2. */
const PROTOCOL = 'acme-tls/1';

/** A CA offers this protocol and no other (RFC 8737, section 3): a client that can do something else is none. */
export const isChallenge = ({protocols}: HelloFacts): boolean => protocols.length === 1 && protocols[0] === PROTOCOL;

/** Shows a CA its certificate, and ends the connection: nothing is said over it. */
export function createChallengeServer(
  challenges: TlsChallenges,
  handshakeTimeoutMs: number,
): {accept(socket: Socket): void} {
  const server = createServer({
    ALPNProtocols: [PROTOCOL],
    handshakeTimeout: handshakeTimeoutMs,
    minVersion: 'TLSv1.2',
    SNICallback(serverName, callback) {
      const certificate = challenges.certificateFor(normalizeHost(serverName) ?? '');
      if (certificate) callback(null, createSecureContext(certificate));
      else callback(new Error(`no challenge for ${serverName}`));
    },
  });
  server.on('secureConnection', (socket: TLSSocket) => {
    socket.on('error', () => socket.destroy());
    socket.end();
  });
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  return {accept: socket => void server.emit('connection', socket)};
}
