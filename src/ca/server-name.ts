import {ipBytes, ipText} from '../x509/ip.js';

/** A whole name, in characters, and one label (RFC 1035 section 2.3.4). */
const MAX_NAME_LENGTH = 253;
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/**
 * The one spelling of a host name or IP address, or undefined for text that is neither. Host names must be lower case
 * without a trailing dot; addresses are shortened, and IPv4 inside IPv6 (`::ffff:127.0.0.1`, what a dual-stack socket
 * reports) becomes the IPv4 address that the client typed.
 */
export function parseServerName(text: string): string | undefined {
  const address = ipBytes(text);
  if (address) return ipText(isMappedIpv4(address) ? address.subarray(12) : address);
  return isHostName(text) ? text : undefined;
}

/** Letters, digits and inner hyphens (RFC 1123 section 2.1): no wildcard, no path, nothing to escape. */
export function isHostName(text: string): boolean {
  return text.length <= MAX_NAME_LENGTH && text.split('.').every(label => LABEL.test(label));
}

const MAPPED_PREFIX = Buffer.from('00000000000000000000ffff', 'hex');
const isMappedIpv4 = (address: Buffer): boolean =>
  address.length === 16 && address.subarray(0, 12).equals(MAPPED_PREFIX);
