// The PROXY protocol, versions 1 and 2 (https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt): what a load balancer
// that does not speak HTTP sends in front of a connection to say whose it is.

import {isIPv4, isIPv6} from 'node:net';

/** Whose connection it is. */
export type Source = {readonly address: string; readonly port: number};

export type ProxyHeader =
  | {readonly state: 'incomplete'}
  | {readonly state: 'invalid'}
  /** `source` is undefined where the balancer speaks for itself, as in its health checks. */
  | {readonly state: 'complete'; readonly length: number; readonly source: Source | undefined};

const INCOMPLETE = {state: 'incomplete'} as const;
const INVALID = {state: 'invalid'} as const;

/** Section 2.1: the longest line, CRLF included. */
const MAX_LINE_BYTES = 107;
const LINE_START = Buffer.from('PROXY ');
/** Section 2.2. */
const SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
const FIXED_BYTES = 16;
/** Addresses and what is said beside them: four times what senders are known to use. */
const MAX_BLOCK_BYTES = 2_048;
export const MAX_PROXY_HEADER_BYTES = FIXED_BYTES + MAX_BLOCK_BYTES;

/** Reads the beginning of a connection. Answers for any bytes. */
export function parseProxyHeader(bytes: Buffer): ProxyHeader {
  if (isStartOf(bytes, SIGNATURE)) return bytes.length < FIXED_BYTES ? INCOMPLETE : parseBlock(bytes);
  return isStartOf(bytes, LINE_START) ? parseLine(bytes) : INVALID;
}

/** Whether the bytes begin with these, or may still. */
function isStartOf(bytes: Buffer, start: Buffer): boolean {
  const length = Math.min(bytes.length, start.length);
  return bytes.compare(start, 0, length, 0, length) === 0;
}

function parseLine(bytes: Buffer): ProxyHeader {
  const end = bytes.subarray(0, MAX_LINE_BYTES).indexOf('\r\n');
  if (end === -1) return bytes.length < MAX_LINE_BYTES ? INCOMPLETE : INVALID;
  const length = end + 2;
  const [, family, address = '', destination = '', port = '', ...more] = bytes.toString('latin1', 0, end).split(' ');
  if (family === 'UNKNOWN') return {state: 'complete', length, source: undefined};
  const isAddress = family === 'TCP4' ? isIPv4 : family === 'TCP6' ? isIPv6 : () => false;
  const isValid = isAddress(address) && isAddress(destination) && [port, ...more].every(isPort) && more.length === 1;
  return isValid ? {state: 'complete', length, source: {address, port: Number(port)}} : INVALID;
}

const isPort = (text: string): boolean => /^(?:0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65_535;

const VERSION = 2;
const LOCAL = 0;
const PROXY = 1;
/** Family and transport of TCP over IPv4, and how long two addresses and two ports are. */
const TCP4 = {code: 0x11, addressBytes: 4};
const TCP6 = {code: 0x21, addressBytes: 16};

function parseBlock(bytes: Buffer): ProxyHeader {
  const versionAndCommand = bytes[12] as number;
  const command = versionAndCommand & 0x0f;
  const blockBytes = bytes.readUInt16BE(14);
  if (versionAndCommand >> 4 !== VERSION || command > PROXY || blockBytes > MAX_BLOCK_BYTES) return INVALID;
  const length = FIXED_BYTES + blockBytes;
  if (bytes.length < length) return INCOMPLETE;
  const family = [TCP4, TCP6].find(({code}) => code === bytes[13]);
  // Of what is not TCP nothing is known, and nothing is wrong with it.
  if (command === LOCAL || family === undefined) return {state: 'complete', length, source: undefined};
  const {addressBytes} = family;
  if (blockBytes < 2 * addressBytes + 4) return INVALID;
  const address = renderAddress(bytes.subarray(FIXED_BYTES, FIXED_BYTES + addressBytes));
  return {state: 'complete', length, source: {address, port: bytes.readUInt16BE(FIXED_BYTES + 2 * addressBytes)}};
}

const MAPPED = Buffer.from('00000000000000000000ffff', 'hex');

function renderAddress(bytes: Buffer): string {
  if (bytes.length === TCP4.addressBytes) return bytes.join('.');
  // An IPv4 address of a dual-stack balancer: RFC 4291, section 2.5.5.2.
  if (bytes.subarray(0, MAPPED.length).equals(MAPPED)) return bytes.subarray(MAPPED.length).join('.');
  const groups = Array.from({length: 8}, (_, index) => bytes.readUInt16BE(index * 2).toString(16));
  // The shortest form: RFC 5952.
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}
