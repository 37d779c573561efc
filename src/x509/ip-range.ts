import {ipBytes, ipText} from './ip.js';

/** Addresses that share their first bits: `10.0.0.0/8`, `fc00::/7`. */
export type IpRange = {readonly address: Buffer; readonly mask: Buffer};

/** Throws for text that is no range; ranges are constants of ours, or bytes of a certificate. */
export function parseIpRange(text: string): IpRange {
  const [addressText = '', prefix = ''] = text.split('/');
  const address = ipBytes(addressText);
  if (!address || !/^\d+$/.test(prefix) || Number(prefix) > address.length * 8) {
    throw new RangeError(`not an address range: ${text}`);
  }
  const mask = maskOf(Number(prefix), address.length);
  return {address: masked(address, mask), mask};
}

export function isInRange(address: Uint8Array, range: IpRange): boolean {
  return address.length === range.address.length && masked(address, range.mask).equals(range.address);
}

/** The bytes of a range in NameConstraints: the address, then the mask (RFC 5280 section 4.2.1.10). */
export const rangeBytes = ({address, mask}: IpRange): Buffer => Buffer.concat([address, mask]);

/** The inverse of `rangeBytes`, as text. */
export function rangeText(bytes: Buffer): string {
  const half = bytes.length / 2;
  return `${ipText(bytes.subarray(0, half))}/${onesIn(bytes.subarray(half))}`;
}

function maskOf(prefix: number, length: number): Buffer {
  const bits = '1'.repeat(prefix).padEnd(length * 8, '0');
  return Buffer.from((bits.match(/.{8}/g) ?? []).map(byte => Number.parseInt(byte, 2)));
}

const masked = (bytes: Uint8Array, mask: Uint8Array): Buffer =>
  Buffer.from(bytes.map((byte, index) => byte & (mask[index] ?? 0)));

const onesIn = (mask: Uint8Array): number =>
  mask.reduce((sum, byte) => sum + byte.toString(2).replaceAll('0', '').length, 0);
