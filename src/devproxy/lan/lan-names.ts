// What an app is called on the network: each of its names with `local` (RFC 6762, section 3) in the place of its zone. A
// wildcard has no name there: who asks by mDNS is answered for names that exist.

import type {Registration} from '../../control/protocol.js';
import type {Route} from '../../proxy/route-table.js';
import {routesOf} from '../app-status.js';

/** The names of an app with these hosts: `shop.local` for `shop.test`. */
export function lanNamesOf(app: string, hosts: readonly string[], zones: readonly string[]): readonly string[] {
  const names = hosts.map(host => lanNameOf(app, host, zones)).filter(name => name !== undefined);
  return [...new Set(names)];
}

/** Undefined for a host that has no name on the network. */
function lanNameOf(app: string, host: string, zones: readonly string[]): string | undefined {
  if (host.startsWith('*.')) return undefined;
  if (host.endsWith('.local')) return host;
  if (zones.includes(host)) return `${app}.local`;
  const zone = zones.filter(one => host.endsWith(`.${one}`)).sort((a, b) => b.length - a.length)[0];
  return zone === undefined ? undefined : `${host.slice(0, -zone.length)}local`;
}

/** An app that is to be open to the network. */
export type LanApp = {
  readonly app: string;
  /** The names of its routes, the one to open first in front. */
  readonly names: readonly string[];
  /** With those names as hosts. */
  readonly routes: readonly Route[];
};

/** Its own routes, and of those to what tako does not start the ones that are on a host of its own. */
export function lanAppOf(registration: Registration, zones: readonly string[]): LanApp {
  const {name: app, primaryHost} = registration;
  const routes = routesOf(registration);
  const own = routes.filter(({upstream}) => upstream === undefined).map(({host}) => host);
  const names = lanNamesOf(app, [primaryHost, ...own], zones);
  const named = routes.flatMap(route => {
    const host = lanNameOf(app, route.host, zones);
    return host !== undefined && names.includes(host) ? present({...route, host}, registration) : [];
  });
  return {app, names, routes: named};
}

/** How the app sees itself called, which may be another host than on this machine. */
function present(
  {presentAs: _, presentPaths: __, ...route}: Route,
  {presentOnLan, presentPaths = []}: Registration,
): Route {
  const isOwn = route.upstream === undefined && presentOnLan !== undefined;
  return isOwn ? {...route, presentAs: presentOnLan, presentPaths} : route;
}
