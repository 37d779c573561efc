import type {ExchangeDetail, ExchangeQuery, ExchangeSummary, ReplayEdit} from '../../control/exchanges.js';
import type {Apps} from '../apps.js';

/** What the page asks of the apps. */
export type DashboardApps = Pick<Apps, 'list' | 'logs' | 'restart' | 'remove' | 'watch'>;

/** What the page asks of the inspector. */
export type DashboardInspector = {
  /** The last `count` that match, oldest first. */
  list(query: ExchangeQuery, count: number): readonly ExchangeSummary[];
  find(id: number): ExchangeDetail | undefined;
  /** Calls the listener with each request that begins or changes, until the returned function is called. */
  subscribe(listener: (exchange: ExchangeSummary) => void): () => void;
  /** Rejects with NO_SUCH_REQUEST, BODY_NOT_KEPT. */
  replay(id: number, edit: ReplayEdit): Promise<ExchangeSummary>;
};
