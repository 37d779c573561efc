import type {Socket} from 'node:net';
import {createSecureContext, createServer, type SecureContext, type TLSSocket} from 'node:tls';
import type {Certificate, CertificateSource} from './certificate-source.js';
import {normalizeHost} from './route-syntax.js';

export type TlsOptions = {
  readonly certificates: CertificateSource;
  /** The name whose certificate a client gets that names none: an address is not sent as a server name (RFC 6066, 3). */
  readonly defaultServerName: string;
  readonly onConnection: (socket: TLSSocket) => void;
};

export type TlsServer = {
  /** Makes the handshake on a connection that somebody else accepted. */
  accept(socket: Socket): Promise<void>;
};

/** A handshake takes milliseconds; a client that needs longer is not making one. */
const HANDSHAKE_TIMEOUT_MS = 10_000;
/** A context costs 25 to 50 KiB. */
const MAX_CONTEXTS = 1_000;

/** TLS that picks its certificate by server name. Rejects when the source fails for the default name. */
export async function createTlsServer({certificates, defaultServerName, onConnection}: TlsOptions): Promise<TlsServer> {
  const contextFor = createContextCache(certificates);
  let fallback = await certificates.certificateFor(defaultServerName);
  const server = createServer({
    ...fallback,
    ALPNProtocols: ['h2', 'http/1.1'],
    minVersion: 'TLSv1.2',
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    SNICallback(serverName, callback) {
      contextFor(serverName).then(
        context => callback(context ? null : new Error(`no certificate for ${serverName}`), context),
        error => callback(error),
      );
    },
  });
  server.on('secureConnection', onConnection);
  server.on('tlsClientError', (_, socket) => socket.destroy());

  /** SNICallback is not asked for clients that name no server; theirs is the server's own certificate. */
  async function renewFallback(): Promise<void> {
    const current = await certificates.certificateFor(defaultServerName);
    if (!current || current.cert === fallback?.cert) return;
    server.setSecureContext(current);
    fallback = current;
  }

  return {
    async accept(socket) {
      // A failing source must not lock out those who name a server; the certificate we have goes on.
      await renewFallback().catch(() => undefined);
      if (!socket.destroyed) server.emit('connection', socket);
    },
  };
}

type CachedContext = {readonly certificate: Certificate; readonly context: SecureContext};

/** Contexts by name. The source is asked each time, so a renewed certificate is used from the next handshake on. */
function createContextCache(
  certificates: CertificateSource,
): (serverName: string) => Promise<SecureContext | undefined> {
  const contexts = new Map<string, CachedContext>();
  return async serverName => {
    const name = normalizeHost(serverName);
    const certificate = name === undefined ? undefined : await certificates.certificateFor(name);
    if (name === undefined || !certificate) return undefined;
    const cached = contexts.get(name);
    if (cached?.certificate.cert === certificate.cert) return cached.context;
    const context = createSecureContext(certificate);
    contexts.delete(name);
    contexts.set(name, {certificate, context});
    if (contexts.size > MAX_CONTEXTS) contexts.delete(contexts.keys().next().value ?? name);
    return context;
  };
}
