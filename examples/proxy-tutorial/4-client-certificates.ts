// 4. HTTPS for two hosts, one of which is only for those who have a certificate (mutual TLS). HTTP/2 is on.
//
//   node make-certificates.ts
//   node upstream.ts 3001
//   node 4-client-certificates.ts
//   alias ask='curl --cacert certificates/ca.pem --connect-to ::localhost:8443'
//   ask https://www.example.test/                                        no certificate is asked for
//   ask https://admin.example.test/                                      refused in the handshake
//   ask --cert certificates/client.pem --key certificates/client-key.pem https://admin.example.test/headers

import {readFileSync} from 'node:fs';
import path from 'node:path';
import {
  type ClientCertificates,
  clientCertificatePolicyOf,
  createProxy,
  createStaticCertificateSource,
  findAuthority,
  isSamePolicy,
  type Session,
  serve,
  type Upstream,
} from 'tako.sh/proxy';

const folder = process.env.CERTIFICATES ?? 'certificates';
const read = (name: string): string => readFileSync(path.join(folder, name), 'utf8');
const upstream: Upstream = {host: '127.0.0.1', port: Number(process.env.UPSTREAM_PORT ?? 3001)};

/** Asked with the name in each handshake, in lower case; undefined for a client that names no host. */
const policyFor: ClientCertificates = host => (host === 'admin.example.test' ? ADMINS : undefined);
const ADMINS = {id: 'admins', ca: read('ca.pem'), mode: 'required'} as const;

/**
 * The certificate was asked for by the name in the handshake, but a request may name another host on the same
 * connection; browsers do with HTTP/2. Without this check, www.example.test would be the way into admin.example.test.
 */
function isMisdirected({client, request}: Session<unknown>): boolean {
  const policy = policyFor(findAuthority(request.host)?.host);
  return !isSamePolicy(client.tls && clientCertificatePolicyOf(client.tls), policy);
}

/** The name in the client's certificate, checked against the policy's CA; encoded, as a field takes latin1 only. */
const clientNameOf = ({client}: Session<unknown>): string | undefined =>
  client.tls?.authorized ? encodeURIComponent(String(client.tls.getPeerCertificate().subject.CN)) : undefined;

const proxy = createProxy(
  {
    requestFilter(session) {
      if (isMisdirected(session)) session.respond(421, {}, 'this host needs a connection of its own\n');
      return session.isAnswered;
    },
    upstreamPeer: () => upstream,
    upstreamRequestFilter({fields}, session) {
      // First of all deleted: anybody may send a field of that name.
      fields.delete('x-client-name');
      const name = clientNameOf(session);
      if (name !== undefined) fields.set('x-client-name', name);
    },
  },
  {onBug: console.error},
);

// By the names in the certificate; a renewed one would be used from the next handshake on.
const certificates = createStaticCertificateSource([
  {certificate: {cert: read('server.pem'), key: read('server-key.pem')}},
]);

const served = await serve(proxy, {
  port: Number(process.env.PORT ?? 8443),
  tls: {certificates, defaultServerName: 'www.example.test', clientCertificates: policyFor, onBug: console.error},
});
console.log(`listening on https://127.0.0.1:${served.port}`);

async function stop(): Promise<void> {
  await served.drain(10_000);
  await served.close();
}

process.once('SIGTERM', stop);
process.once('SIGINT', stop);
