// An app that insists on its host: some development servers answer only to localhost and names below it (Vite's
// allowedHosts, Next's allowedDevOrigins, Django's ALLOWED_HOSTS with DEBUG). Such an app is asked as `app.localhost`, and
// where its answer names that host, the client reads the one it asked for. X-Forwarded-Host tells the app which it was.
// What stands in bodies stays as it is.
//
// Some insist on it for a part of their paths only, and elsewhere compare Origin with X-Forwarded-Host, as Next does for
// its server actions: then both have to be the client's.

import {findAuthority} from './authority.js';
import type {RequestHead, ResponseHead} from './client-side.js';
import type {HeaderFields} from './header-fields.js';
import {type Authority, renderHost} from './route-syntax.js';
import type {Route} from './route-table.js';
import type {Upstream} from './upstream.js';
import type {UpstreamRequest} from './upstream-request.js';

const HTTPS_PORT = 443;

/** What an app believes itself to be. */
export type Presented = {
  readonly host: string;
  /** The one it really is on. */
  readonly port: number;
  /** As it sees its connections: Django compares the scheme of an Origin too. */
  readonly scheme: 'http' | 'https';
};

/** What the app of a route believes when it is asked for this target; undefined: what the client asked for. */
export function findPresented(
  {presentAs, presentPaths = []}: Route,
  target: string,
  {port, tls}: Upstream,
): Presented | undefined {
  if (presentAs === undefined) return undefined;
  const [path = ''] = target.split('?', 1);
  const isEverywhere = presentPaths.length === 0;
  return isEverywhere || presentPaths.some(part => path.includes(part))
    ? {host: presentAs, port, scheme: tls ? 'https' : 'http'}
    : undefined;
}

/**
 * Asks the app as `presented`. Origin and Referer follow where they name the host the client used: a foreign one stays, for
 * the app to refuse.
 */
export function presentRequest(request: UpstreamRequest, asked: RequestHead, presented: Presented): void {
  request.host = presented.host;
  for (const name of ['origin', 'referer']) {
    const value = asked.fields.get(name);
    if (value === undefined) continue;
    const own = rebase(value, isOriginOf(asked.host), `${presented.scheme}://${presented.host}`);
    if (own !== value) request.fields.set(name, own);
  }
}

/** Maps every field that names the presented host to the one the client asked for. */
export function restoreAnswer({fields}: ResponseHead, asked: RequestHead, presented: Presented): void {
  const toClient = (url: string): string => rebase(url, isPresented(presented), `https://${asked.host}`);
  for (const [name, restore] of NAMING_FIELDS) change(fields, name, value => restore(value, toClient));
  const {host = asked.host} = findAuthority(asked.host) ?? {};
  change(fields, 'set-cookie', value => restoreCookie(value, presented.host, host));
}

type Restore = (value: string, toClient: (url: string) => string) => string;

/** Fields of an answer in which a URL of the app itself stands. */
const NAMING_FIELDS: readonly (readonly [name: string, restore: Restore])[] = [
  ['location', (value, toClient) => toClient(value)],
  ['content-location', (value, toClient) => toClient(value)],
  ['access-control-allow-origin', (value, toClient) => toClient(value)],
  // RFC 8288, section 3: `<url>; rel=preload, <url>`.
  ['link', (value, toClient) => value.replace(/<([^>]*)>/g, (_, url: string) => `<${toClient(url)}>`)],
  // `5; url=https://app.localhost/next`, the URL perhaps in quotes: HTML, section 4.2.5.3.
  [
    'refresh',
    (value, toClient) =>
      value.replace(
        /^(\s*[\d.]+\s*[;,]\s*(?:url\s*=\s*)?["']?)(.*)$/i,
        (_, delay: string, url: string) => delay + toClient(url),
      ),
  ],
];

/** Changes each field of a name that the change makes a difference for; the others stay untouched. */
function change(fields: HeaderFields, name: string, restore: (value: string) => string): void {
  const values = fields.getAll(name);
  const restored = values.map(restore);
  if (restored.every((value, index) => value === values[index])) return;
  fields.delete(name);
  for (const value of restored) fields.append(name, value);
}

/** RFC 6265, section 4.1.1. A leading dot means nothing any more: section 5.2.3. */
const restoreCookie = (value: string, presented: string, host: string): string =>
  value.replace(/(;\s*domain\s*=\s*)\.?([^;\s]*)/i, (attribute, name: string, domain: string) =>
    domain.toLowerCase() === presented ? name + host : attribute,
  );

/** The scheme and authority in front of a URL, which may leave the scheme out: RFC 3986, section 4.2. */
const ORIGIN = /^(https?:)?\/\/([^/?#\\]*)/i;

type IsOwn = (scheme: string | undefined, authority: Authority) => boolean;

/** The URL with `origin` in front, if what stood there is one's own. */
function rebase(url: string, isOwn: IsOwn, origin: string): string {
  const match = ORIGIN.exec(url);
  const authority = findAuthority(match?.[2] ?? '');
  if (match === null || authority === undefined || !isOwn(match[1]?.toLowerCase(), authority)) return url;
  return origin + url.slice(match[0].length);
}

/** Whether an origin is that of the host a request asks for over HTTPS. */
function isOriginOf(askedHost: string): IsOwn {
  const asked = findAuthority(askedHost);
  return (scheme, {host, port = HTTPS_PORT}) =>
    scheme === 'https:' && host === asked?.host && port === (asked.port ?? HTTPS_PORT);
}

/** An app takes itself to be on the port of its scheme, or on the one it listens on. */
const isPresented =
  (presented: Presented): IsOwn =>
  (_, {host, port = HTTPS_PORT}) =>
    renderHost(host) === presented.host && (port === HTTPS_PORT || port === 80 || port === presented.port);
