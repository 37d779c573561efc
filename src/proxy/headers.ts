import type {IncomingMessage, OutgoingMessage} from 'node:http';

/** Names and values in turn, as they came or as they go out. */
export type RawHeaders = readonly string[];

/** What the upstream is told about the client's side of the request. */
export type ForwardedFacts = {
  readonly host: string;
  readonly clientAddress: string;
  readonly protocol: 'http' | 'https';
};

/** Headers that end at us: RFC 9110, section 7.6.1, and those in use beside it. */
const HOP_BY_HOP = new Set([
  'connection',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Set by us alone: what a client claims about itself is not passed on. */
const SET_BY_US = new Set([
  'content-length',
  'forwarded',
  'host',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-proto',
  'x-forwarded-server',
  'x-real-ip',
  'x-tako-internal-token',
]);

/**
 * The header lines of a request without what ends at us, HTTP/2's pseudo headers and forged origin claims. Content-Length
 * is left out too: it belongs to the framing, which whoever sends the body states, and no `Connection: content-length`
 * may remove.
 */
export function upstreamRequestHeaders(raw: RawHeaders, facts: ForwardedFacts): string[] {
  const named = connectionNamed(raw);
  const headers: string[] = ['Host', facts.host];
  const cookies: string[] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index] ?? '';
    const value = raw[index + 1] ?? '';
    const lower = name.toLowerCase();
    if (lower.startsWith(':') || SET_BY_US.has(lower) || isHopByHop(lower, named)) continue;
    if (lower === 'cookie') cookies.push(value);
    else headers.push(name, value);
  }
  // HTTP/2 may split cookies into several fields; HTTP/1.1 knows one (RFC 9113, section 8.2.3).
  if (cookies.length > 0) headers.push('Cookie', cookies.join('; '));
  headers.push(...forwardedHeaders(facts));
  return headers;
}

/** The header fields of a response without what ends at us; a repeated field keeps each of its values. */
export function downstreamResponseHeaders(raw: RawHeaders): Record<string, string | string[]> {
  const named = connectionNamed(raw);
  const headers: Record<string, string | string[]> = Object.create(null);
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const lower = (raw[index] ?? '').toLowerCase();
    const value = raw[index + 1] ?? '';
    if (isHopByHop(lower, named)) continue;
    const before = headers[lower];
    headers[lower] = before === undefined ? value : [before, value].flat();
  }
  return headers;
}

/** The fields of a trailer section; framing has no place in it (RFC 9110, section 6.5.1). */
export function downstreamTrailers(raw: RawHeaders): Record<string, string | string[]> {
  const {'content-length': _, ...trailers} = downstreamResponseHeaders(raw);
  return trailers;
}

/** Whether the request asks for a WebSocket (RFC 6455, section 4.1): a GET, and without a body to be mistaken for frames. */
export const isWebSocketUpgrade = ({method, headers}: IncomingMessage): boolean =>
  method === 'GET' &&
  headers.upgrade?.toLowerCase() === 'websocket' &&
  headers['content-length'] === undefined &&
  headers['transfer-encoding'] === undefined;

/** Sends the head before there is a body. node's own flushHeaders would write its bytes as UTF-8. */
export const flushHead = (message: OutgoingMessage): void => void message.write('', 'latin1');

/** The number of lines a field stands in, however written. */
export function countHeader(raw: RawHeaders, name: string): number {
  let count = 0;
  for (let index = 0; index + 1 < raw.length; index += 2) {
    if (isNamed(raw[index] ?? '', name)) count++;
  }
  return count;
}

/** Most names differ in their length already. */
const isNamed = (written: string, name: string): boolean =>
  written.length === name.length && written.toLowerCase() === name;

function forwardedHeaders({host, clientAddress, protocol}: ForwardedFacts): string[] {
  // RFC 7239, section 6: an IPv6 address stands in brackets and quotes.
  const node = clientAddress.includes(':') ? `"[${clientAddress}]"` : clientAddress;
  return [
    'X-Forwarded-For',
    clientAddress,
    'X-Forwarded-Proto',
    protocol,
    'X-Forwarded-Host',
    host,
    'Forwarded',
    `for=${node};host="${host}";proto=${protocol}`,
  ];
}

/** Fields that the Connection header names are hop-by-hop too. */
function connectionNamed(raw: RawHeaders): ReadonlySet<string> {
  const named = new Set<string>();
  for (let index = 0; index + 1 < raw.length; index += 2) {
    if (!isNamed(raw[index] ?? '', 'connection')) continue;
    for (const token of (raw[index + 1] ?? '').split(',')) named.add(token.trim().toLowerCase());
  }
  return named;
}

const isHopByHop = (name: string, named: ReadonlySet<string>): boolean => HOP_BY_HOP.has(name) || named.has(name);
