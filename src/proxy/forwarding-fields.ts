// What proxies write about the client: the usual X-Forwarded-* fields, and RFC 7239. Each of them adds to the end of a list,
// so the last one was written by the proxy that is nearest.

import {isIP} from 'node:net';
import {findAuthority} from './authority.js';
import type {HeaderFields} from './header-fields.js';

/** What one proxy says of the connection that it got a request on. */
export type Hop = {
  /** Undefined where it names none that can be read: `unknown`, or a word of its own. */
  readonly address: string | undefined;
  readonly isSecure: boolean | undefined;
  /** What Host was there. */
  readonly host: string | undefined;
};

/** Which fields the proxies in front set: `x-forwarded` stands for X-Forwarded-For, -Proto and -Host. */
export const FORWARDING_FIELDS = ['x-forwarded', 'forwarded'] as const;
export type ForwardingFields = (typeof FORWARDING_FIELDS)[number];

/** What was said on the way of a request, the nearest proxy's word last. */
export const readHops = (fields: HeaderFields, kind: ForwardingFields): readonly Hop[] =>
  kind === 'forwarded' ? readForwarded(fields.getAll('forwarded').join(',')) : readXForwarded(fields);

/**
 * X-Forwarded-Proto and -Host are mostly set, not added to: the last value is that of the nearest proxy, and all that can be
 * relied on.
 */
function readXForwarded(fields: HeaderFields): readonly Hop[] {
  const isSecure = readScheme(lastValue(fields, 'x-forwarded-proto'));
  const host = readHost(lastValue(fields, 'x-forwarded-host'));
  const addresses = fields.getAll('x-forwarded-for').flatMap(value => value.split(','));
  const hops = addresses.map(text => ({address: readNode(text.trim()), isSecure, host}));
  return hops.length > 0 ? hops : [{address: undefined, isSecure, host}];
}

const lastValue = (fields: HeaderFields, name: string): string | undefined =>
  fields.getAll(name).at(-1)?.split(',').at(-1)?.trim();

/** RFC 7239, section 4: `for=192.0.2.1;proto=https, for="[2001:db8::1]:4711"`. One pair, and what ends it. */
const PAIR = /[ \t]*(?:([\w!#$%&'*+.^`|~-]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*))[ \t]*)?([;,]|$)/y;

/** Nothing of what cannot be read: a quote that is left open could hide whose word is whose. */
function readForwarded(text: string): readonly Hop[] {
  const hops: Hop[] = [];
  let pairs = new Map<string, string>();
  PAIR.lastIndex = 0;
  while (PAIR.lastIndex < text.length) {
    const match = PAIR.exec(text);
    if (match === null) return [];
    const [, name, quoted, plain = '', end] = match;
    if (name !== undefined) pairs.set(name.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? plain);
    if (end === ';') continue;
    if (pairs.size > 0) hops.push(toHop(pairs));
    pairs = new Map();
  }
  return hops;
}

const toHop = (pairs: ReadonlyMap<string, string>): Hop => ({
  address: readNode(pairs.get('for') ?? ''),
  isSecure: readScheme(pairs.get('proto')),
  host: readHost(pairs.get('host')),
});

/** An address, perhaps with a port; IPv6 then in brackets. */
function readNode(text: string): string | undefined {
  const address = /^\[([^\]]*)\](?::\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text;
  return isIP(address) === 0 || address.includes('%') ? undefined : address.toLowerCase();
}

function readScheme(text: string | undefined): boolean | undefined {
  const scheme = text?.toLowerCase();
  return scheme === 'https' ? true : scheme === 'http' ? false : undefined;
}

const readHost = (text: string | undefined): string | undefined =>
  text !== undefined && findAuthority(text) !== undefined ? text : undefined;
