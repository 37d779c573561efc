// What a name on the network is made of: its addresses, and that it has no others.

import {isIPv4, isIPv6} from 'node:net';

/** A record as multicast-dns writes and reads it. */
export type MdnsRecord = {
  readonly name: string;
  readonly type: string;
  readonly class?: string;
  /** In seconds; 0 takes it back: RFC 6762, section 10.1. */
  readonly ttl?: number;
  /** Whether it is all there is of this name and type: RFC 6762, section 10.2. */
  readonly flush?: boolean;
  readonly data: unknown;
};

/** Of records with a host name in them: RFC 6762, section 10. */
export const HOST_TTL_SECONDS = 120;

/** The records that are this name's alone. The last one says that there are no others: RFC 6762, section 6.1. */
export function hostRecords(name: string, addresses: readonly string[]): readonly MdnsRecord[] {
  const records = addresses.map(address => ({type: typeOf(address), data: address}));
  const rrtypes = [...new Set(records.map(({type}) => type))];
  return [...records, {type: 'NSEC', data: {nextDomain: name, rrtypes}}].map(record => ({
    ...record,
    name,
    class: 'IN',
    ttl: HOST_TTL_SECONDS,
    flush: true,
  }));
}

/** For who asks which name an address has. It may have others, so this one claims nothing. */
export const reverseRecord = (name: string, address: string): MdnsRecord => ({
  name: reverseNameOf(address),
  type: 'PTR',
  class: 'IN',
  ttl: HOST_TTL_SECONDS,
  flush: false,
  data: name,
});

/** The same records, taken back. */
export const goodbyeOf = (records: readonly MdnsRecord[]): readonly MdnsRecord[] =>
  records.map(record => ({...record, ttl: 0}));

export const isSameName = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/** Whether they say the same, for however long. */
export const isSameRecord = (a: MdnsRecord, b: MdnsRecord): boolean =>
  isSameName(a.name, b.name) && a.type === b.type && textOf(a.data) === textOf(b.data);

/** One that says where a host is. */
export const isAddressRecord = ({type, class: kind}: MdnsRecord): boolean =>
  kind === 'IN' && (type === 'A' || type === 'AAAA');

/** The bytes of an address, in hexadecimal digits: texts of the same address may differ. */
export function addressBytes(address: string): string {
  if (!isIPv4(address)) return expandIpv6(address.toLowerCase()).replaceAll(':', '');
  const bytes = address.split('.').map(part => Number(part).toString(16).padStart(2, '0'));
  return bytes.join('');
}

function textOf(data: unknown): string {
  if (typeof data !== 'string') return JSON.stringify(data);
  return isIPv6(data) ? addressBytes(data) : data.toLowerCase();
}

const typeOf = (address: string): 'A' | 'AAAA' => (isIPv4(address) ? 'A' : 'AAAA');

/** RFC 1035, section 3.5, and RFC 3596, section 2.5. */
function reverseNameOf(address: string): string {
  if (isIPv4(address)) return `${address.split('.').reverse().join('.')}.in-addr.arpa`;
  return `${[...addressBytes(address)].reverse().join('.')}.ip6.arpa`;
}

/** Eight groups of four digits: RFC 4291, section 2.2. */
function expandIpv6(address: string): string {
  const [head = [], tail = []] = address.split('::').map(half => half.split(':').filter(group => group !== ''));
  const zeros = Array<string>(Math.max(0, 8 - head.length - tail.length)).fill('0');
  return [...head, ...zeros, ...tail].map(group => group.padStart(4, '0')).join(':');
}
