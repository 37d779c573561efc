import {connect as connectTcp, isIP, type Socket} from 'node:net';
import {connect as connectTls} from 'node:tls';
import type {Upstream} from '../upstream.js';

/** A new socket to an upstream: it emits `connect`, or `secureConnect` where TLS is spoken, once it can be used. */
export function openUpstreamSocket({host, port, tls}: Upstream): Socket {
  if (tls === undefined) return connectTcp({host, port});
  return connectTls({
    host,
    port,
    ...(tls.ca === undefined ? {} : {ca: tls.ca}),
    // An address is no server name (RFC 6066, section 3); the certificate is checked against it all the same.
    ...(tls.serverName === undefined && isIP(host) !== 0 ? {} : {servername: tls.serverName ?? host}),
    rejectUnauthorized: tls.isVerified,
    ALPNProtocols: ['http/1.1'],
  });
}
