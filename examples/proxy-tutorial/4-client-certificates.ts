// 4. HTTPS for two hosts, one of which is only for those who have a certificate (mutual TLS). HTTP/2 is on.
//
//   node make-certificates.ts
//   node upstream.ts 3001
//   node 4-client-certificates.ts
//   alias ask='curl --cacert certificates/ca.pem --connect-to ::localhost:8443'
//   ask https://www.example.test/                                        no certificate is asked for
//   ask https://admin.example.test/                                      refused in the handshake
//   ask --cert certificates/client.pem --key certificates/client-key.pem https://admin.example.test/headers

import {once} from 'node:events';
import {readFileSync} from 'node:fs';
import path from 'node:path';
import {
  type ClientCertificates,
  createProxy,
  createStaticCertificateSource,
  type Phases,
  type Session,
  serve,
  type Upstream,
} from 'tako.sh/proxy';

const folder = process.env.CERTIFICATES ?? 'certificates';
const read = (name: string): string => readFileSync(path.join(folder, name), 'utf8');

/**
 * Asked with the name in each handshake, in lower case; undefined for a client that names no host. A request for
 * admin.example.test on a connection made to www.example.test, as browsers try with HTTP/2, is answered 421 by the proxy.
 */
const policyFor: ClientCertificates = host => (host === 'admin.example.test' ? ADMINS : undefined);
const ADMINS = {id: 'admins', ca: read('ca.pem'), mode: 'required'} as const;

/** The name in the client's certificate, checked against the policy's CA; encoded, as a field takes latin1 only. */
const clientNameOf = ({client}: Session<unknown>): string | undefined =>
  client.tls?.authorized ? encodeURIComponent(String(client.tls.getPeerCertificate().subject.CN)) : undefined;

export const mutualTls = {
  upstreamRequestFilter({fields}, session) {
    // First of all deleted: anybody may send a field of that name.
    fields.delete('x-client-name');
    const name = clientNameOf(session);
    if (name !== undefined) fields.set('x-client-name', name);
  },
} satisfies Partial<Phases<unknown>>;

// By the names in the certificate; what the source gives is used from the next handshake on.
const server = {cert: read('server.pem'), key: read('server-key.pem')};
export const tls = {
  certificates: createStaticCertificateSource([{certificate: server}]),
  defaultServerName: 'www.example.test',
  clientCertificates: policyFor,
  onBug: console.error,
};

if (import.meta.main) {
  const upstream: Upstream = {host: '127.0.0.1', port: Number(process.env.UPSTREAM_PORT ?? 3001)};
  const proxy = createProxy<unknown>({...mutualTls, upstreamPeer: () => upstream}, {onBug: console.error});
  const served = await serve(proxy, {port: Number(process.env.PORT ?? 8443), tls});
  console.log(`listening on https://127.0.0.1:${served.port}`);

  await Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
  await served.drain(10_000);
  await served.close();
}
