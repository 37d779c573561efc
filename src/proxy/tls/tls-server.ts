// TLS for the listeners: the certificate by server name, and client certificates by host.
//
// Where no host may ask for client certificates, a connection goes to one tls.Server as it is. Otherwise the hello is read
// first, and put back: node decides for a whole server whether it asks for a certificate, so there is a server for each
// policy. They share nothing but the source: a session made under one policy cannot be resumed under another, and what the
// hello was read as is checked against what OpenSSL understood before a connection is handed out.

import type {Socket} from 'node:net';
import type {TLSSocket} from 'node:tls';
import type {CertificateSource} from '../certificate-source.js';
import {createChallengeServer, isChallenge, type TlsChallenges} from './challenge-server.js';
import {
  type ClientCertificatePolicy,
  type ClientCertificates,
  findPolicy,
  isSamePolicy,
  rememberPolicies,
} from './client-certificates.js';
import {type DefaultCertificate, openDefaultCertificate} from './default-certificate.js';
import {createHandshakeServer, type HandshakeServerOptions} from './handshake-server.js';
import {peekClientHello, type ReadHello} from './peek-client-hello.js';
import {createPolicyServers, type PolicyServers, type ServerState} from './policy-servers.js';
import {createTicketKeys, type TicketKeys} from './ticket-keys.js';

export type TlsOptions = {
  readonly certificates: CertificateSource;
  /** The name whose certificate a client gets that names none: an address is not sent as a server name (RFC 6066, 3). */
  readonly defaultServerName: string;
  /** Gets each connection whose handshake is done. It has an 'error' listener already. */
  readonly onConnection: (socket: TLSSocket) => void;
  /** In the order of preference; `h2` and `http/1.1` if not given. */
  readonly alpnProtocols?: readonly ('h2' | 'http/1.1')[];
  /** Shared by processes that resume each other's sessions; keys of its own if not given. */
  readonly ticketKeys?: TicketKeys;
  /** Which hosts ask for client certificates. Leaving it out saves reading each hello twice. */
  readonly clientCertificates?: ClientCertificates;
  /** What a CA is shown that looks whether a name leads here. */
  readonly tlsChallenges?: TlsChallenges | undefined;
  /** 10 s if not given. */
  readonly handshakeTimeoutMs?: number;
  /** Told when `clientCertificates` throws or gives a policy whose CA is none (that connection is closed), or ticket keys fail. */
  readonly onBug?: (error: unknown) => void;
};

export type TlsServer = {
  /** Makes the handshake on a connection that somebody else accepted. Never throws; what fails is disconnected. */
  accept(socket: Socket): void;
  /** Replaces the keys (48 bytes) at once. Connections go on; sessions made before are no longer resumed. */
  setTicketKeys(keys: Buffer): void;
};

/** A handshake takes milliseconds; a client that needs longer is not making one. */
const HANDSHAKE_TIMEOUT_MS = 10_000;
const DEFAULT_PROTOCOLS = ['h2', 'http/1.1'];

/** TLS that picks its certificate by server name. Rejects when the source fails for the default name. */
export async function createTlsServer(options: TlsOptions): Promise<TlsServer> {
  const {certificates, defaultServerName, ticketKeys = createTicketKeys()} = options;
  const defaultCertificate = await openDefaultCertificate(certificates, defaultServerName);
  let keys = ticketKeys.current();
  const servers = createPolicyServers(
    (policy, state) => createHandshakeServer(serverOptions(options, policy, state, defaultCertificate)),
    {ticketKeys: keys, defaultCertificate: defaultCertificate.current()},
  );
  const handshake = createHandshake(options, servers);

  function refreshTicketKeys(): void {
    const current = ticketKeys.current();
    if (current.equals(keys)) return;
    servers.setTicketKeys(current);
    keys = current;
  }

  async function acceptAfterRefresh(socket: Socket): Promise<void> {
    const onError = (): void => void socket.destroy();
    socket.on('error', onError);
    try {
      refreshTicketKeys();
    } catch (error) {
      options.onBug?.(error);
    }
    await defaultCertificate.renew(servers.setDefaultCertificate);
    if (!socket.destroyed) handshake(socket);
    socket.off('error', onError);
  }

  return {
    accept(socket) {
      if (socket.destroyed) return;
      if (defaultCertificate.isDue()) void acceptAfterRefresh(socket);
      else handshake(socket);
    },
    setTicketKeys: servers.setTicketKeys,
  };
}

function serverOptions(
  {certificates, onConnection, clientCertificates, alpnProtocols, handshakeTimeoutMs}: TlsOptions,
  policy: ClientCertificatePolicy | undefined,
  state: ServerState,
  defaultCertificate: DefaultCertificate,
): HandshakeServerOptions {
  return {
    ...state,
    certificates,
    policy,
    alpnProtocols: alpnProtocols ?? DEFAULT_PROTOCOLS,
    handshakeTimeoutMs: handshakeTimeoutMs ?? HANDSHAKE_TIMEOUT_MS,
    onServerName: defaultCertificate.settle,
    onNewCertificate: defaultCertificate.expire,
    onSecure(socket) {
      if (clientCertificates !== undefined) {
        if (!isMadeUnder(socket, policy, clientCertificates)) {
          socket.destroy();
          return;
        }
        rememberPolicies(socket, clientCertificates);
      }
      onConnection(socket);
    },
  };
}

/** How a connection gets to its server: as it is, or by what its hello says. */
function createHandshake(options: TlsOptions, servers: PolicyServers): (socket: Socket) => void {
  const {clientCertificates, tlsChallenges, handshakeTimeoutMs = HANDSHAKE_TIMEOUT_MS, onBug} = options;
  const withoutPolicy = servers.serverFor(undefined);
  const challenge = tlsChallenges && createChallengeServer(tlsChallenges, handshakeTimeoutMs);
  const mustRead = (): boolean => clientCertificates !== undefined || tlsChallenges?.isPending() === true;

  function serverFor(hello: ReadHello): {accept(socket: Socket): void} {
    if (challenge && hello.state === 'complete' && isChallenge(hello)) return challenge;
    return servers.serverFor(policyOf(hello, clientCertificates));
  }

  return socket => {
    if (!mustRead()) return withoutPolicy.accept(socket);
    peekClientHello(socket, handshakeTimeoutMs, hello => {
      try {
        serverFor(hello).accept(socket);
      } catch (error) {
        socket.destroy();
        onBug?.(error);
      }
    });
  };
}

/** What is no hello, or names what cannot be a host, has no policy: it is refused by whichever server gets it. */
function policyOf(hello: ReadHello, policyFor: ClientCertificates | undefined): ClientCertificatePolicy | undefined {
  const policy = policyFor && hello.state === 'complete' ? findPolicy(policyFor, hello.serverName) : undefined;
  return policy === 'no-host' ? undefined : policy;
}

/** Whether what OpenSSL understood as the server name has the policy that we chose by our reading of it. */
function isMadeUnder(
  socket: TLSSocket,
  policy: ClientCertificatePolicy | undefined,
  policyFor: ClientCertificates,
): boolean {
  const serverName = socket.servername || undefined;
  // node knows no name for a resumed session of TLS 1.2, but the ticket could be read: it was made under this policy.
  if (serverName === undefined && socket.isSessionReused()) return true;
  try {
    const meant = findPolicy(policyFor, serverName);
    return meant !== 'no-host' && isSamePolicy(meant, policy);
  } catch {
    return false;
  }
}
