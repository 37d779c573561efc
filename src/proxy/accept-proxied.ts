import type {Socket} from 'node:net';
import {plainAddress} from './describe-client.js';
import {MAX_PROXY_HEADER_BYTES, type ProxyHeader, parseProxyHeader} from './proxy-protocol.js';
import {readFirstBytes} from './read-first-bytes.js';
import {setSource} from './socket-source.js';
import type {TrustedProxies} from './trusted-proxies.js';

/** A balancer sends its header at once; the protocol's text asks for three seconds at least, for a packet that is lost. */
const HEADER_TIMEOUT_MS = 5_000;

type ReadHeader = Exclude<ProxyHeader, {state: 'incomplete'}>;

/**
 * Expects the PROXY protocol of connections from balancers that are trusted, and cuts off those of them without: were it
 * optional, a client behind such a balancer could write one itself. Connections of others are accepted as they are.
 */
export function acceptProxied(
  balancers: Pick<TrustedProxies, 'has'>,
  accept: (socket: Socket) => void,
): (socket: Socket) => void {
  return socket => {
    if (!balancers.has(plainAddress(socket.remoteAddress ?? ''))) {
      accept(socket);
      return;
    }
    readFirstBytes<ReadHeader>(socket, {
      timeoutMs: HEADER_TIMEOUT_MS,
      maxBytes: MAX_PROXY_HEADER_BYTES,
      parse(bytes) {
        const header = parseProxyHeader(bytes);
        return header.state === 'incomplete' ? undefined : header;
      },
      lengthOf: header => (header.state === 'complete' ? header.length : 0),
      onRead(header) {
        if (header.state === 'invalid') {
          socket.destroy();
          return;
        }
        if (header.source !== undefined) setSource(socket, header.source);
        accept(socket);
      },
    });
  };
}
