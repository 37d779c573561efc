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
/** What the local root may sign besides the zones; `localhost` is resolved by every system, `local` by mDNS. */
const ALWAYS_SIGNED = ['test', 'localhost', 'local'] as const;
const ALIAS_ZONE = 'localhost';

/**
 * The hosts an app has under `tako dev`. Its development routes, with `{name}.test` in front unless one of them is a
 * plain host in a zone; and every route under `.test` also under `.localhost`, which needs no DNS.
 * Throws ROUTE_OUTSIDE_ZONES for hosts that the local root may not sign.
 */
export function devRoutes({name, environments}: Config, zones: readonly string[] = DEFAULT_ZONES): DevRoutes {
  const configured = environments.development.routes;
  const outside = configured.filter(({host}) => !isSigned(host, zones));
  if (outside.length > 0) throw routesOutsideZones(outside.map(({host}) => host));
  const hasManagedHost = configured.some(({host}) => !isWildcard(host) && isInZones(host, zones));
  const fallback = {host: `${name}.${zones[0] ?? DEFAULT_ZONES[0]}`, path: '/'};
  const routes = unique(hasManagedHost ? configured : [fallback, ...configured]);
  const aliases = unique([...routes, ...routes.flatMap(aliasOf)]).slice(routes.length);
  return {
    routes: [
      ...routes.map(route => ({...route, isAlias: false})),
      ...aliases.map(route => ({...route, isAlias: true})),
    ],
    primaryHost: routes.find(({host}) => !isWildcard(host))?.host ?? fallback.host,
  };
}

function aliasOf({host, path}: RoutePattern): readonly RoutePattern[] {
  const label = host.endsWith('.test') ? host.slice(0, -'.test'.length) : undefined;
  return label === undefined ? [] : [{host: `${label}.${ALIAS_ZONE}`, path}];
}

function unique(routes: readonly RoutePattern[]): readonly RoutePattern[] {
  return [...new Map(routes.map(route => [route.host + route.path, route])).values()];
}

const isSigned = (host: string, zones: readonly string[]): boolean =>
  host === ALIAS_ZONE || isInZones(host, [...ALWAYS_SIGNED, ...zones]);

const isInZones = (host: string, zones: readonly string[]): boolean => zones.some(zone => host.endsWith(`.${zone}`));
const isWildcard = (host: string): boolean => host.startsWith('*.');

function routesOutsideZones(hosts: readonly string[]): TakoError {
  const zones = [...new Set(hosts.filter(host => isIP(host) === 0).map(zoneOf))];
  return new TakoError('ROUTE_OUTSIDE_ZONES', `development routes outside the local zones: ${hosts.join(', ')}`, {
    hint:
      zones.length === 0
        ? 'use a name under .test instead of an address'
        : `tako setup ${zones.map(zone => `--zone ${zone}`).join(' ')} lets tako sign and answer for them`,
  });
}

/** The smallest zone worth adding for a host: what its neighbours would be in too. */
function zoneOf(host: string): string {
  const labels = host.replace(/^\*\./, '').split('.');
  return (labels.length > 2 ? labels.slice(1) : labels).join('.');
}
