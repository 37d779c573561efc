import {isIP} from 'node:net';
import type {RoutePattern} from '../proxy/route-syntax.js';
import {TakoError} from '../system/error.js';
import type {Config} from './config.js';

/** An alias is a second name of a route, for where the first does not resolve. */
export type DevRoute = RoutePattern & {readonly isAlias: boolean};

export type DevRoutes = {
  /** In the order to show them: as configured, then the aliases. */
  readonly routes: readonly DevRoute[];
  /** The first host that is not a wildcard: what is opened and shown. */
  readonly primaryHost: string;
};

/** Zones whose names tako answers for and gives to apps. */
export const DEFAULT_ZONES: readonly string[] = ['test'];
/** What tako has in its place where `test` is another tool's. */
export const FALLBACK_ZONE = 'tako.test';
/** What the local root may sign besides the zones; `localhost` is resolved by every system, `local` by mDNS. */
const ALWAYS_SIGNED = ['test', 'localhost', 'local'] as const;
const ALIAS_ZONE = 'localhost';

/**
 * The hosts an app has under `tako dev`. Its development routes, with `{name}.test` in front unless one of them is a
 * plain host in a zone; and every route under `.test` also under `.localhost`, which needs no DNS. Where `test` is another
 * tool's, `{name}.tako.test` is `{name}.localhost`.
 * Throws ROUTE_OUTSIDE_ZONES for hosts that the local root may not sign.
 */
export function devRoutes({name, environments}: Config, zones: readonly string[] = DEFAULT_ZONES): DevRoutes {
  const configured = environments.development.routes;
  assertSigned(configured, zones);
  const hasManagedHost = configured.some(({host}) => !isWildcard(host) && isInZones(host, zones));
  const fallback = {host: `${name}.${zones[0] ?? DEFAULT_ZONES[0]}`, path: '/'};
  const routes = unique(hasManagedHost ? configured : [fallback, ...configured]);
  const aliases = unique([...routes, ...routes.flatMap(route => aliasOf(route, zones))]).slice(routes.length);
  return {
    routes: [
      ...routes.map(route => ({...route, isAlias: false})),
      ...aliases.map(route => ({...route, isAlias: true})),
    ],
    primaryHost: routes.find(({host}) => !isWildcard(host))?.host ?? fallback.host,
  };
}

/** Throws ROUTE_OUTSIDE_ZONES for hosts that the local root may not sign. */
export function assertSigned(routes: readonly RoutePattern[], zones: readonly string[]): void {
  const outside = routes.filter(({host}) => !isSigned(host, zones));
  if (outside.length > 0) throw routesOutsideZones(outside.map(({host}) => host));
}

function aliasOf({host, path}: RoutePattern, zones: readonly string[]): readonly RoutePattern[] {
  const own = zones.includes(FALLBACK_ZONE) ? [FALLBACK_ZONE, 'test'] : ['test'];
  const zone = own.find(one => host.endsWith(`.${one}`));
  return zone === undefined ? [] : [{host: `${host.slice(0, -zone.length)}${ALIAS_ZONE}`, path}];
}

function unique(routes: readonly RoutePattern[]): readonly RoutePattern[] {
  return [...new Map(routes.map(route => [route.host + route.path, route])).values()];
}

const isSigned = (host: string, zones: readonly string[]): boolean => isInZones(host, [...ALWAYS_SIGNED, ...zones]);

const isInZones = (host: string, zones: readonly string[]): boolean =>
  zones.some(zone => host === zone || host.endsWith(`.${zone}`));
const isWildcard = (host: string): boolean => host.startsWith('*.');

function routesOutsideZones(hosts: readonly string[]): TakoError {
  const names = [...new Set(hosts.map(withoutWildcard))];
  const commands = names.filter(canBeZone).map(zone => `tako setup --zone ${zone}`);
  const others = names.filter(name => !canBeZone(name));
  return new TakoError('ROUTE_OUTSIDE_ZONES', `development routes outside the local zones: ${hosts.join(', ')}`, {
    hint: [
      ...(commands.length > 0 ? [`${commands.join(' && ')} lets tako sign and answer for them`] : []),
      ...(others.length > 0 ? [`use a name under .test instead of ${others.join(', ')}`] : []),
    ].join('; '),
  });
}

/** Never its parent: that may be everybody's, as co.uk is. Addresses and top-level domains are no zones. */
const canBeZone = (name: string): boolean => isIP(name) === 0 && name.includes('.');
const withoutWildcard = (host: string): string => (isWildcard(host) ? host.slice('*.'.length) : host);
