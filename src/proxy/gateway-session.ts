import type {Counter} from './activity.js';
import type {Insertion} from './html-insertion.js';
import type {Route} from './route-table.js';
import type {Session} from './session.js';

/** What a request of the gateway carries along: the route it took, what counts it, and what changes its answer. */
export type GatewayContext = {
  route: Route | undefined;
  app: Counter | undefined;
  upstream: Counter | undefined;
  insertion: Insertion | undefined;
  /** What a page knows of its app's news that was asked for then. */
  pageVersion: number | undefined;
};

export type GatewaySession = Session<GatewayContext>;
