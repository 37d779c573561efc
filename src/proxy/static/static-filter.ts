import {findAuthority} from '../authority.js';
import type {RequestFilter} from '../request-path.js';
import type {AppId, RouteTable} from '../route-table.js';
import type {StaticFiles} from './static-files.js';

export type StaticFilterOptions = {
  /** The same routes that the gateway has. */
  readonly routes: () => RouteTable;
  /** The files of an app; undefined for one that has none. */
  readonly filesOf: (app: AppId) => StaticFiles | undefined;
};

/** Paths that tako answers itself: see reserved-paths.ts. */
const RESERVED = '/_tako/';

/** Answers for the files of apps, before any app is started. Plain HTTP is left to the gateway, which redirects it. */
export function createStaticFilter({routes, filesOf}: StaticFilterOptions): RequestFilter {
  return session => {
    const {host, target} = session.request;
    if (!session.client.isSecure || target.startsWith(RESERVED)) return false;
    const authority = findAuthority(host);
    const route = authority && routes().match(authority.host, target);
    if (route === undefined || route.upstream !== undefined) return false;
    return filesOf(route.app)?.answer(session, route) ?? false;
  };
}
