import {isIPv4, isIPv6} from 'node:net';
import {domainToASCII} from 'node:url';

/**
 * What a route serves. `host` is lower case and punycode, `*.` in front matches any depth below but not the name itself.
 * `path` is `/` for everything, `/p/*` for `/p` and all below it, `/p` for exactly that (with or without a final slash).
 */
export type RoutePattern = {readonly host: string; readonly path: string};

export type ParsedRoute =
  | {readonly ok: true; readonly route: RoutePattern}
  | {readonly ok: false; readonly problem: string};

/** RFC 1035, section 2.3.4: octets in a name, without the final dot. */
const MAX_HOST_LENGTH = 253;
const LABEL = /^(?!-)[a-z0-9-]{1,63}(?<!-)$/;
/** RFC 3986, section 3.3: pchar and `/`. `*` is judged on its own. */
const PATH = /^\/(?:[\w.~!$&'()+,;=:@/*-]|%[0-9A-Fa-f]{2})*$/;

/** Reads `host[/path]`: no scheme, no port. The answer is normalised, so equal routes are equal texts. */
export function parseRoute(text: string): ParsedRoute {
  const trimmed = text.trim();
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed))
    return problem('write the host without a scheme, as in "app.test/api/*"');
  const slash = trimmed.indexOf('/');
  const hostText = slash === -1 ? trimmed : trimmed.slice(0, slash);
  if (hostText === '') return problem('a route starts with a host, as in "app.test" or "app.test/api/*"');
  if (/^(?:\[.*\]|[^[]*):\d+$/.test(hostText)) return problem('write the host without a port');
  const host = normalizePatternHost(hostText);
  if (host === undefined) return problem(`"${hostText}" is not a host name`);
  const path = normalizePatternPath(slash === -1 ? '/' : trimmed.slice(slash));
  return typeof path === 'string' ? {ok: true, route: {host, path}} : path;
}

/** The route as a person writes it: no path where the whole host is meant. */
export const renderRoute = ({host, path}: RoutePattern): string => renderHost(host) + (path === '/' ? '' : path);

/** A normalised host as it stands in a URL: an IPv6 address in brackets. */
export const renderHost = (host: string): string => (host.includes(':') ? `[${host}]` : host);

/**
 * A host name in the one form used for matching: lower case, punycode, no final dot. IP addresses come back without
 * brackets. Undefined for what cannot be a host.
 */
export function normalizeHost(text: string): string | undefined {
  if (text.startsWith('[')) return text.endsWith(']') ? normalizeAddress(text.slice(1, -1)) : undefined;
  // domainToASCII drops tabs and line ends without a word.
  if (/[\x00-\x20\x7f]/.test(text)) return undefined;
  const ascii = /^[\x21-\x7e]*$/.test(text) ? text.toLowerCase() : domainToASCII(text);
  const host = ascii.endsWith('.') ? ascii.slice(0, -1) : ascii;
  if (isIPv4(host)) return host;
  return host.length <= MAX_HOST_LENGTH && host !== '' && host.split('.').every(label => LABEL.test(label))
    ? host
    : undefined;
}

/** `localhost`, names below it (RFC 6761, section 6.3), and loopback addresses: no page of the internet has them. */
export const isLoopbackHost = (host: string): boolean =>
  host === 'localhost' || host.endsWith('.localhost') || host === '::1' || (isIPv4(host) && host.startsWith('127.'));

export type Authority = {readonly host: string; readonly port: number | undefined};

/** Reads the value of Host or `:authority` (RFC 9110, section 7.2): an ASCII host, and a port if one is given. */
export function parseAuthority(text: string): Authority | undefined {
  const match = /^(\[[^\]]*\]|[!-9;-~]*)(?::(\d{1,5}))?$/.exec(text);
  const host = match?.[1] === undefined ? undefined : normalizeHost(match[1]);
  if (!match || host === undefined) return undefined;
  const port = match[2] === undefined ? undefined : Number(match[2]);
  return port !== undefined && port > 65_535 ? undefined : {host, port};
}

/**
 * The path of a request target as routes see it: without the query, unreserved characters decoded, dot segments
 * resolved (RFC 3986, sections 6.2.2.2 and 5.2.4), so that `/%61dmin` and `/x/../admin` are routed as `/admin`.
 * What is forwarded stays as the client sent it.
 */
export function normalizePath(target: string): string {
  const query = target.indexOf('?');
  const fragment = target.indexOf('#');
  const end = query === -1 || (fragment !== -1 && fragment < query) ? fragment : query;
  const path = end === -1 ? target : target.slice(0, end);
  if (!path.includes('%') && !path.includes('/.')) return path;
  return removeDotSegments(decodeUnreserved(path));
}

function normalizePatternHost(text: string): string | undefined {
  if (!text.startsWith('*.')) return normalizeHost(text);
  const suffix = normalizeHost(text.slice(2));
  return suffix === undefined || isIPv4(suffix) || isIPv6(suffix) ? undefined : `*.${suffix}`;
}

function normalizePatternPath(text: string): string | Extract<ParsedRoute, {ok: false}> {
  if (!PATH.test(text)) return problem(`"${text}" is not a path; use letters, digits and "/-._~", and "/*" at the end`);
  const path = removeDotSegments(decodeUnreserved(text));
  const star = path.indexOf('*');
  if (star !== -1 && !(star === path.length - 1 && path.endsWith('/*'))) {
    return problem('"*" in a path is allowed only as the last segment, as in "/api/*"');
  }
  if (path === '/*') return '/';
  return path.length > 1 && path.endsWith('/') ? path.replace(/\/+$/, '') || '/' : path;
}

function normalizeAddress(text: string): string | undefined {
  if (!isIPv6(text) || text.includes('%')) return undefined;
  // The URL parser writes an IPv6 address in its one canonical form (RFC 5952).
  return new URL(`http://[${text}]`).hostname.slice(1, -1);
}

const decodeUnreserved = (path: string): string =>
  path.replace(/%[0-9A-Fa-f]{2}/g, encoded => {
    const character = String.fromCharCode(Number.parseInt(encoded.slice(1), 16));
    return /[A-Za-z0-9._~-]/.test(character) ? character : encoded.toUpperCase();
  });

function removeDotSegments(path: string): string {
  if (!path.includes('/.')) return path;
  const output: string[] = [];
  const segments = path.split('/').slice(1);
  for (const [index, segment] of segments.entries()) {
    const isLast = index === segments.length - 1;
    if (segment === '..') output.pop();
    if (segment !== '.' && segment !== '..') output.push(segment);
    else if (isLast) output.push('');
  }
  return `/${output.join('/')}`;
}

const problem = (text: string): Extract<ParsedRoute, {ok: false}> => ({ok: false, problem: text});
