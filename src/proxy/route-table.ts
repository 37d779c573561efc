// Which app serves a request: an immutable table, built once per change of the routes.
//
// The most specific route wins: an exact host before a wildcard, a longer wildcard suffix before a shorter one, then
// an exact path before a prefix and a longer prefix before a shorter one. A host whose paths do not match leaves the
// request to the next less specific host. A lookup walks the labels of the host and the segments of the path, never
// the routes, so its cost does not grow with their number (bench/route-table.mjs).

import {normalizePath, type RoutePattern} from './route-syntax.js';
import type {TrustedProxies} from './trusted-proxies.js';
import type {Upstream} from './upstream.js';

/** Names an app to the gateway; what it means is its owner's business. */
export type AppId = string;

export type Route = RoutePattern & {
  readonly app: AppId;
  /** Where it leads when that is not the app itself, and nothing has to be started. */
  readonly upstream?: Upstream;
  /** The host the app is to believe it is asked for (`app.localhost`); the one it is asked for if not given. */
  readonly presentAs?: string;
  /** What the paths for which it believes that have in them; all if empty or not given. */
  readonly presentPaths?: readonly string[];
  /** Proxies in front of the app, whose word about the client is taken; nobody's if not given. */
  readonly behind?: FrontProxies;
  /** Whether a request over plain HTTP is served instead of being redirected: something in front ends TLS. */
  readonly takesPlainHttp?: boolean;
};

export type FrontProxies = {
  readonly trusted: TrustedProxies;
  /** Whether a request that comes from none of them is refused. */
  readonly isRequired: boolean;
};

export type RouteTable = {
  /** Every route, most specific first. */
  readonly routes: readonly Route[];
  /** Whether any route presents its app another host. */
  readonly hasPresentedHosts: boolean;
  /**
   * Finds the route for a normalised host (see normalizeHost) and a request target, or undefined.
   */
  match(host: string, target: string): Route | undefined;
};

/** Two apps that claim the very same pattern. */
export type RouteConflict = {readonly route: Route; readonly other: Route};

/** Every pattern that more than one app claims; overlapping patterns are fine, the more specific one wins. */
export function findRouteConflicts(routes: readonly Route[]): readonly RouteConflict[] {
  const seen = new Map<string, Route>();
  return routes.flatMap(route => {
    const key = route.host + route.path;
    const other = seen.get(key);
    if (!other) seen.set(key, route);
    return other && other.app !== route.app ? [{route, other}] : [];
  });
}

/** Builds the table. Of routes with the same pattern the first one counts; findRouteConflicts tells them beforehand. */
export function createRouteTable(routes: readonly Route[]): RouteTable {
  const exact = new Map<string, PathTable>();
  const wildcard = new Map<string, PathTable>();
  for (const route of routes) {
    const isWildcard = route.host.startsWith('*.');
    const hosts = isWildcard ? wildcard : exact;
    const host = isWildcard ? route.host.slice(2) : route.host;
    const paths = hosts.get(host) ?? {depth: 0};
    hosts.set(host, addRoute(paths, route));
  }
  return {
    routes: [...routes].sort(bySpecificity),
    hasPresentedHosts: routes.some(({presentAs}) => presentAs !== undefined),
    match(host, target) {
      const path = normalizePath(target);
      const own = exact.get(host);
      return (own && matchPath(own, path)) ?? (wildcard.size > 0 ? matchWildcard(wildcard, host, path) : undefined);
    },
  };
}

/**
 * The routes of one host: most have one for `whole` of it and nothing else, so the maps are made only where needed.
 * `depth` is the number of segments of the longest prefix: no request needs more looks.
 */
type PathTable = {
  whole?: Route;
  exact?: Map<string, Route>;
  prefix?: Map<string, Route>;
  depth: number;
};

function addRoute(paths: PathTable, route: Route): PathTable {
  if (route.path === '/') {
    paths.whole ??= route;
  } else if (route.path.endsWith('/*')) {
    const path = route.path.slice(0, -2);
    paths.prefix = addPath(paths.prefix, path, route);
    paths.depth = Math.max(paths.depth, path.split('/').length - 1);
  } else {
    paths.exact = addPath(paths.exact, route.path, route);
  }
  return paths;
}

const addPath = (routes = new Map<string, Route>(), path: string, route: Route): Map<string, Route> =>
  routes.has(path) ? routes : routes.set(path, route);

function matchPath({whole, exact, prefix, depth}: PathTable, path: string): Route | undefined {
  return exact?.get(withoutFinalSlash(path)) ?? (prefix && matchPrefix(prefix, depth, path)) ?? whole;
}

/** Looks up `/a/b` and `/a` in turn, starting at the deepest prefix the table has. */
function matchPrefix(prefix: Map<string, Route>, depth: number, path: string): Route | undefined {
  let end = endOfSegment(path, depth);
  while (end > 0) {
    const route = prefix.get(path.slice(0, end));
    if (route) return route;
    end = path.lastIndexOf('/', end - 1);
  }
  return undefined;
}

/** Where the first `count` segments of the path end. */
function endOfSegment(path: string, count: number): number {
  let end = 0;
  for (let segment = 0; segment < count; segment++) {
    const next = path.indexOf('/', end + 1);
    if (next === -1) return path.length;
    end = next;
  }
  return end;
}

function matchWildcard(wildcard: Map<string, PathTable>, host: string, path: string): Route | undefined {
  for (let dot = host.indexOf('.'); dot !== -1; dot = host.indexOf('.', dot + 1)) {
    const paths = wildcard.get(host.slice(dot + 1));
    const route = paths && matchPath(paths, path);
    if (route) return route;
  }
  return undefined;
}

const withoutFinalSlash = (path: string): string => (path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path);

function bySpecificity(a: Route, b: Route): number {
  return (
    Number(a.host.startsWith('*.')) - Number(b.host.startsWith('*.')) ||
    b.host.split('.').length - a.host.split('.').length ||
    Number(isPrefixPath(a.path)) - Number(isPrefixPath(b.path)) ||
    b.path.length - a.path.length ||
    a.host.localeCompare(b.host)
  );
}

const isPrefixPath = (path: string): boolean => path === '/' || path.endsWith('/*');
