import type {ClientConnection, RequestHead} from './client-side.js';
import {VIA} from './field-kinds.js';
import type {AddedFields} from './upstream-request.js';

/** How often a request may have passed a tako already: more is a loop, not a chain of proxies. */
export const MAX_HOPS = 10;

const PSEUDONYM = 'tako';

/**
 * What an upstream is told about the client: X-Forwarded-For, -Proto and -Host, Forwarded (RFC 7239) and Via (RFC 9110,
 * section 7.6.3).
 */
export function addedFieldsFor(client: ClientConnection, {host, fields}: RequestHead): AddedFields {
  if (fields.hasKind(VIA)) return renderAdded(client, host, fields.valuesOf(VIA).join(', '));
  const last = client.forwarded;
  if (last?.host === host) return last.added;
  const added = renderAdded(client, host, '');
  client.forwarded = {host, added};
  return added;
}

/** Whether the request came through this kind of proxy too often to be anything but a loop. */
export function isLoop({fields}: RequestHead): boolean {
  if (!fields.hasKind(VIA)) return false;
  const hops = fields.valuesOf(VIA).flatMap(value => value.split(','));
  return hops.filter(hop => hop.trim().split(/\s+/)[1] === PSEUDONYM).length >= MAX_HOPS;
}

function renderAdded(client: ClientConnection, host: string, via: string): AddedFields {
  const {isSecure, httpVersion} = client;
  const askedHost = client.proxy?.host ?? host;
  // RFC 7239, section 6.2: a client that left already, or one on a Unix socket, has no address.
  const address = client.address === '' ? 'unknown' : client.address;
  const protocol = isSecure ? 'https' : 'http';
  // RFC 7239, section 6: an IPv6 address stands in brackets and quotes.
  const node = address.includes(':') ? `"[${address}]"` : address;
  const hop = `${httpVersion} ${PSEUDONYM}`;
  const list = [
    'X-Forwarded-For',
    address,
    'X-Forwarded-Proto',
    protocol,
    'X-Forwarded-Host',
    askedHost,
    'Forwarded',
    `for=${node};host="${askedHost}";proto=${protocol}`,
    'Via',
    via === '' ? hop : `${via}, ${hop}`,
  ];
  return {list, lines: renderLines(list)};
}

function renderLines(list: readonly string[]): string {
  let lines = '';
  for (let index = 0; index + 1 < list.length; index += 2) lines += `${list[index]}: ${list[index + 1]}\r\n`;
  return lines;
}
