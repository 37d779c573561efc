import {parseRoute, type RoutePattern} from '../../proxy/route-syntax.js';

/** The patterns of routes that were checked before. Throws for one that is none. */
export const routePatterns = (routes: readonly string[]): readonly RoutePattern[] =>
  routes.map(text => {
    const parsed = parseRoute(text);
    if (!parsed.ok) throw new Error(`${JSON.stringify(text)} is not a route: ${parsed.problem}`);
    return parsed.route;
  });
