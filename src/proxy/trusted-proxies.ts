// Proxies in front of this one, whose word about the client is taken. Of everybody else it is not: whatever a client says
// about itself is written anew before a request goes upstream.

import type {ClientConnection, RequestHead} from './client-side.js';
import {plainAddress} from './describe-client.js';
import {type ForwardingFields, type Hop, readHops} from './forwarding-fields.js';
import {createIpNetworks} from './ip-networks.js';

export type TrustedProxiesOptions = {
  /** Addresses (`192.0.2.1`), networks (`10.0.0.0/8`) and `cloudflare`. */
  readonly addresses: readonly string[];
  /**
   * The fields they set, or take away if a client sends them; X-Forwarded-For, -Proto and -Host if not given. The others are
   * never read, as they may be the client's.
   */
  readonly fields?: ForwardingFields;
};

export type TrustedProxies = {
  /** Whether something at this address is one of them. */
  has(address: string): boolean;
  /** Who asks, by the word of the proxy that the connection is of; undefined when it is of none of them. */
  clientOf(connection: ClientConnection, request: Pick<RequestHead, 'fields'>): ClientConnection | undefined;
};

/** Proxies that one request may have come through: what is said beyond is not looked at. */
const MAX_HOPS = 20;

/** Throws NETWORK_INVALID. */
export function createTrustedProxies({addresses, fields = 'x-forwarded'}: TrustedProxiesOptions): TrustedProxies {
  const networks = createIpNetworks(addresses);

  /** The client is who the last proxy of ours names that is none itself. */
  function findClient(hops: readonly Hop[]): Hop | undefined {
    let client: Hop | undefined;
    for (const hop of hops.slice(-MAX_HOPS).reverse()) {
      // One that says something unreadable still says how it was asked.
      if (hop.address === undefined) return client ?? hop;
      client = hop;
      if (!networks.has(hop.address)) break;
    }
    return client;
  }

  return {
    has: networks.has,
    clientOf(connection, request) {
      if (!networks.has(connection.address)) return undefined;
      const client = findClient(readHops(request.fields, fields));
      return {
        ...connection,
        address: client?.address === undefined ? connection.address : plainAddress(client.address),
        port: client?.address === undefined ? connection.port : 0,
        isSecure: client?.isSecure ?? connection.isSecure,
        proxy: {address: connection.address, host: client?.host},
        forwarded: undefined,
      };
    },
  };
}
