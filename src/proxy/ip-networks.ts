import {BlockList, isIP} from 'node:net';
import {TakoError} from '../system/error.js';
import {readTemplate} from './template.js';

/** A set of IP addresses. */
export type IpNetworks = {
  /** False for what is no address. */
  has(address: string): boolean;
};

/** Lists that come with tako, each in a file that names its source and date. */
const LISTS: Readonly<Record<string, string>> = {cloudflare: 'cloudflare-networks.txt'};

/**
 * Reads addresses (`192.0.2.1`), networks (`10.0.0.0/8`, `2001:db8::/32`) and names of lists (`cloudflare`). Throws
 * NETWORK_INVALID.
 */
export function createIpNetworks(texts: readonly string[]): IpNetworks {
  const list = new BlockList();
  for (const text of texts) {
    const file = LISTS[text];
    for (const network of file === undefined ? [text] : linesOf(readTemplate(file))) addNetwork(list, network);
  }
  return {
    has(address) {
      const version = isIP(address);
      return version !== 0 && list.check(address, version === 6 ? 'ipv6' : 'ipv4');
    },
  };
}

const linesOf = (text: string): readonly string[] =>
  text.split('\n').filter(line => line !== '' && !line.startsWith('#'));

function addNetwork(list: BlockList, text: string): void {
  const [address = '', prefix, ...more] = text.split('/');
  const version = isIP(address);
  const bits = version === 6 ? 128 : 32;
  const length = prefix === undefined ? bits : /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN;
  if (version === 0 || more.length > 0 || address.includes('%') || !(length <= bits)) throw invalid(text);
  list.addSubnet(address, length, version === 6 ? 'ipv6' : 'ipv4');
}

const invalid = (text: string): TakoError =>
  new TakoError('NETWORK_INVALID', `${JSON.stringify(text)} is neither an IP address nor a network`, {
    hint: `write an address, as in 192.0.2.1, a network, as in 10.0.0.0/8 or 2001:db8::/32, or ${Object.keys(LISTS).join(', ')}`,
  });
