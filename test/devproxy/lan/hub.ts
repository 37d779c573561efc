import {
  MDNS_PORT,
  type MdnsPeer,
  type Multicast,
  type MulticastListener,
  type OpenMulticast,
} from '../../../src/devproxy/lan/mdns/multicast.js';
import type {MdnsRecord} from '../../../src/devproxy/lan/mdns/records.js';

/** A packet that went over the hub. `to` is undefined for what everybody got. */
export type Sent = {
  readonly type: 'query' | 'response';
  readonly from: string;
  readonly to: MdnsPeer | undefined;
  readonly questions: readonly {readonly name: string; readonly type: string}[];
  readonly answers: readonly MdnsRecord[];
  readonly authorities: readonly MdnsRecord[];
};

/** A network without wires: what one sends the others hear, itself too, as with real multicast. */
export type Hub = {
  readonly open: OpenMulticast;
  readonly sent: readonly Sent[];
  /** Hosts that are connected. */
  readonly connected: readonly string[];
  /** As another host, which may be anywhere. */
  query(packet: Partial<Sent>, from?: MdnsPeer): Promise<void>;
  respond(packet: Partial<Sent>, from?: MdnsPeer): Promise<void>;
};

const NEIGHBOUR: MdnsPeer = {address: '192.168.1.7', port: MDNS_PORT};

export function createHub(): Hub {
  const hosts = new Map<string, MulticastListener>();
  const sent: Sent[] = [];

  async function deliver(type: Sent['type'], packet: object, from: MdnsPeer, to?: MdnsPeer): Promise<void> {
    const complete = {questions: [], answers: [], authorities: [], additionals: [], ...packet};
    sent.push({...complete, type, from: from.address, to});
    // As over a wire, nobody hears it before its sender has gone on.
    await undefined;
    if (to !== undefined) return;
    for (const host of [...hosts.values()]) {
      if (type === 'query') host.onQuery(complete, from);
      else host.onResponse(complete, from);
    }
  }

  return {
    sent,
    get connected() {
      return [...hosts.keys()];
    },
    async open(address, listener): Promise<Multicast> {
      hosts.set(address, listener);
      const from = {address, port: MDNS_PORT};
      return {
        query: packet => deliver('query', packet, from),
        respond: (packet, to) => deliver('response', packet, from, to),
        close: async () => void hosts.delete(address),
      };
    },
    query: (packet, from = NEIGHBOUR) => deliver('query', packet, from),
    respond: (packet, from = NEIGHBOUR) => deliver('response', packet, from),
  };
}
