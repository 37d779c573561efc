import {constants, createHash, X509Certificate} from 'node:crypto';
import type {Socket} from 'node:net';
import {createServer, type TlsOptions as NodeTlsOptions, type Server, type TLSSocket} from 'node:tls';
import type {Certificate, CertificateSource} from '../certificate-source.js';
import {type ClientCertificatePolicy, policyText, rememberPolicy} from './client-certificates.js';
import {answerPlainHttp} from './plain-http.js';
import {createSecureContexts} from './secure-contexts.js';
import {deriveTicketKeys} from './ticket-keys.js';

export type HandshakeServerOptions = {
  readonly certificates: CertificateSource;
  /** For clients that name no server. Without one they are refused. */
  readonly defaultCertificate: Certificate | undefined;
  readonly policy: ClientCertificatePolicy | undefined;
  readonly ticketKeys: Buffer;
  readonly alpnProtocols: readonly string[];
  readonly handshakeTimeoutMs: number;
  readonly onSecure: (socket: TLSSocket) => void;
  /** A client named a server, before it is looked up. Not told of resumed sessions. */
  readonly onServerName: () => void;
  /** The source gave a certificate by name that was not known before. */
  readonly onNewCertificate: () => void;
};

/** Handshakes under one policy for client certificates. */
export type HandshakeServer = {
  readonly policy: ClientCertificatePolicy | undefined;
  accept(socket: Socket): void;
  /** Throws, and goes on as before, when it is no certificate. */
  setDefaultCertificate(certificate: Certificate): void;
  setTicketKeys(keys: Buffer): void;
};

/** SSL_MAX_SID_CTX_LENGTH of OpenSSL. */
const MAX_SESSION_ID_CONTEXT = 32;

/** Throws when the default certificate, or the policy's CA, is none. */
export function createHandshakeServer(options: HandshakeServerOptions): HandshakeServer {
  const {policy} = options;
  const shared = sharedSettings(policy);
  let {ticketKeys} = options;
  const contextWith = (certificate: Certificate | undefined): NodeTlsOptions => ({
    ...shared,
    ...(certificate && {cert: certificate.cert, key: certificate.key}),
    ticketKeys: ticketKeysOf(policy, ticketKeys),
  });
  const server = createNodeServer(options, shared, contextWith(options.defaultCertificate));
  return {
    policy,
    accept: socket => void server.emit('connection', socket),
    setDefaultCertificate: certificate => server.setSecureContext(contextWith(certificate)),
    setTicketKeys(keys) {
      server.setTicketKeys(ticketKeysOf(policy, keys));
      ticketKeys = keys;
    },
  };
}

function createNodeServer(options: HandshakeServerOptions, shared: NodeTlsOptions, ownContext: NodeTlsOptions): Server {
  const {policy, onSecure, onServerName, handshakeTimeoutMs, alpnProtocols} = options;
  const contextFor = createSecureContexts({...options, settings: shared});
  const server = createServer({
    ...ownContext,
    requestCert: policy !== undefined,
    rejectUnauthorized: policy?.mode === 'required',
    ALPNProtocols: [...alpnProtocols],
    handshakeTimeout: handshakeTimeoutMs,
    SNICallback(serverName, callback) {
      onServerName();
      contextFor(serverName)
        .then(context => callback(context ? null : new Error(`no certificate for ${serverName}`), context))
        .catch(error => callback(error));
    },
  });
  server.on('secureConnection', socket => {
    socket.on('error', destroyItself);
    if (policy) rememberPolicy(socket, policy);
    onSecure(socket);
  });
  server.on('tlsClientError', (error, socket) => {
    answerPlainHttp(error, socket);
    socket.destroy();
  });
  return server;
}

/** One for all sockets: a closure of its own for each would cost memory on every idle one. */
function destroyItself(this: TLSSocket): void {
  this.destroy();
}

/** For every context of a server: node verifies a client with that of the name, and resumes with the server's own. */
const sharedSettings = (policy: ClientCertificatePolicy | undefined): NodeTlsOptions => ({
  minVersion: 'TLSv1.2',
  // A handshake costs a server ten times what it costs a client; TLS 1.3 has no second one.
  secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
  sessionIdContext: sessionIdContextOf(policy),
  ...(policy && {ca: readCa(policy)}),
});

/** node takes text without a certificate for "none", and an empty one for "every public CA". */
function readCa({ca}: ClientCertificatePolicy): string {
  new X509Certificate(ca);
  return ca;
}

/**
 * OpenSSL resumes no session of another context. node's own is made of the command line, which differs between processes
 * that should resume each other's.
 */
const sessionIdContextOf = (policy: ClientCertificatePolicy | undefined): string =>
  createHash('sha256')
    .update(policy ? policyText(policy) : '')
    .digest('hex')
    .slice(0, MAX_SESSION_ID_CONTEXT);

const ticketKeysOf = (policy: ClientCertificatePolicy | undefined, keys: Buffer): Buffer =>
  policy ? deriveTicketKeys(keys, policyText(policy)) : keys;
