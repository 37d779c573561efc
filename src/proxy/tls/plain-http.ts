import {Socket} from 'node:net';
import type {TLSSocket} from 'node:tls';
import {errorCode} from '../../system/error.js';

const BODY = 'this port speaks HTTPS: use https:// instead of http://\n';
const ANSWER = [
  'HTTP/1.1 400 Bad Request',
  'Content-Type: text/plain; charset=utf-8',
  `Content-Length: ${BODY.length}`,
  'Connection: close',
  '',
  BODY,
].join('\r\n');

/** What OpenSSL calls the first bytes of an HTTP request, and of CONNECT, where a hello should be. */
const HTTP_ERRORS = ['ERR_SSL_HTTP_REQUEST', 'ERR_SSL_HTTPS_PROXY_REQUEST'];

/** Tells a client that speaks HTTP to a port of HTTPS so, as nginx and Caddy do. Anything else is left alone. */
export function answerPlainHttp(error: Error, socket: TLSSocket): void {
  if (!HTTP_ERRORS.includes(errorCode(error) ?? '')) return;
  // node shows the connection below TLS under this name only; without it the client is just disconnected.
  const connection = (socket as {_parent?: unknown})._parent;
  if (connection instanceof Socket && connection.writable) connection.end(ANSWER);
}
