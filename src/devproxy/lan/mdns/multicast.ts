// The socket that mDNS is spoken over, on one interface.

import {once} from 'node:events';
import multicastDns from 'multicast-dns';
import {TakoError} from '../../../system/error.js';
import type {MdnsQuery} from './answers.js';
import type {MdnsRecord} from './records.js';

/** Who sent a packet, or is sent one. */
export type MdnsPeer = {readonly address: string; readonly port: number};

export type MdnsResponse = {readonly answers: readonly MdnsRecord[]; readonly additionals: readonly MdnsRecord[]};

export type MulticastListener = {
  onQuery(query: MdnsQuery, from: MdnsPeer): void;
  onResponse(response: MdnsResponse, from: MdnsPeer): void;
};

export type Multicast = {
  /** Resolves when the packet is out, or cannot be sent. Without a peer it is for everybody. */
  query(query: object): Promise<void>;
  respond(response: object, to?: MdnsPeer): Promise<void>;
  close(): Promise<void>;
};

export type OpenMulticast = (address: string, listener: MulticastListener) => Promise<Multicast>;

/** RFC 6762, section 3 and 5. Others on this machine have the port too: all of them share it. */
export const MDNS_PORT = 5353;
const GROUP = '224.0.0.251';

/**
 * Joins the group on the interface with this address. The socket is bound to the group: so it gets what is meant for
 * everybody, and takes none of the answers that are meant for this machine's own responder. Throws LAN_MDNS_FAILED.
 */
export const openMulticast: OpenMulticast = async (address, listener) => {
  const bind = process.platform === 'win32' ? '0.0.0.0' : GROUP;
  const mdns = multicastDns({interface: address, bind});
  const failed = Promise.withResolvers<never>();
  // Later on they are packets that cannot be read, or not be sent.
  mdns.on('error', failed.reject);
  mdns.on('warning', failed.reject);
  mdns.on('query', (query, from) => listener.onQuery(query as MdnsQuery, from));
  mdns.on('response', (response, from) => listener.onResponse(response as MdnsResponse, from));
  const close = (): Promise<void> => new Promise(resolve => mdns.destroy(resolve));
  try {
    await Promise.race([once(mdns, 'ready'), failed.promise]);
  } catch (error) {
    await close();
    throw new TakoError('LAN_MDNS_FAILED', `names cannot be announced on ${address}: ${messageOf(error)}`, {
      hint: 'another program may have UDP port 5353 for itself; stop that, or use --lan-address',
      cause: error,
    });
  }
  return {
    // The library writes into what it is given.
    query: query => new Promise(resolve => mdns.query({...query} as never, () => resolve())),
    respond: (response, to) =>
      new Promise(resolve => mdns.respond({...response} as never, to as never, () => resolve())),
    close,
  };
};

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
