import {isIPv6} from 'node:net';
import {parseRoute, type RoutePattern, renderRoute} from '../proxy/route-syntax.js';
import {TakoError} from '../system/error.js';

/** A route to something that tako does not start: a container, another tool. */
export type StaticRoute = {
  readonly route: RoutePattern;
  readonly upstream: {readonly host: string; readonly port: number};
};

/** `[::1]:8080`, `db.local:8080`, `:8080`, `8080`; the port alone is one of this machine. */
const UPSTREAM = /^(?:(?:\[([0-9a-f:.]+)\]|([\w.-]*)):)?(\d{1,5})$/i;

/** Reads `host[/path]=[address:]port`. Throws ROUTE_INVALID. */
export function parseStaticRoute(text: string): StaticRoute {
  const equals = text.indexOf('=');
  const parsed = parseRoute(equals === -1 ? text : text.slice(0, equals));
  const upstream = equals === -1 ? undefined : parseUpstream(text.slice(equals + 1).trim());
  if (!parsed.ok) throw invalid(text, parsed.problem);
  if (!upstream) throw invalid(text, 'behind "=" stands where it leads, as in "db.test=127.0.0.1:8080"');
  return {route: parsed.route, upstream};
}

export const renderStaticRoute = ({route, upstream: {host, port}}: StaticRoute): string =>
  `${renderRoute(route)}=${isIPv6(host) ? `[${host}]` : host}:${port}`;

function parseUpstream(text: string): StaticRoute['upstream'] | undefined {
  const match = UPSTREAM.exec(text);
  const port = Number(match?.[3] ?? 0);
  if (!match || port === 0 || port > 65_535) return undefined;
  if (match[1] !== undefined && !isIPv6(match[1])) return undefined;
  return {host: match[1] ?? (match[2] || '127.0.0.1'), port};
}

const invalid = (text: string, problem: string): TakoError =>
  new TakoError('ROUTE_INVALID', `route "${text}": ${problem}`);
