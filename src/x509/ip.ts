import {isIP} from 'node:net';

/** 4 or 16 bytes in network order, or undefined when the text is no address (or carries a zone such as %eth0). */
export function ipBytes(text: string): Buffer | undefined {
  if (isIP(text) === 4) return Buffer.from(text.split('.').map(Number));
  return isIP(text) === 6 && !text.includes('%') ? ipv6Bytes(text) : undefined;
}

/** The text of an address from its 4 or 16 bytes; IPv6 in the shortest form (RFC 5952). */
export function ipText(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  const groups = Buffer.from(bytes).toString('hex').match(/.{4}/g) ?? [];
  return canonicalIpv6(groups.join(':'));
}

function ipv6Bytes(text: string): Buffer {
  const [head = '', tail] = canonicalIpv6(text).split('::');
  const before = groupsOf(head);
  const after = groupsOf(tail ?? '');
  const missing = Array.from({length: 8 - before.length - after.length}, () => '0');
  return Buffer.from([...before, ...missing, ...after].map(group => group.padStart(4, '0')).join(''), 'hex');
}

// The URL parser knows RFC 5952, and turns an embedded IPv4 address into two groups.
const canonicalIpv6 = (text: string): string => new URL(`http://[${text}]`).hostname.slice(1, -1);

const groupsOf = (text: string): string[] => (text === '' ? [] : text.split(':'));
