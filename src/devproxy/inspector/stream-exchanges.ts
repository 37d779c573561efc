// Following requests over the control socket. A client gets each change as fast as it takes them; while it does not keep
// up, of each request the last state alone is kept for it, and of too many the newest.

import type {ExchangeEvent, ExchangeQuery, ExchangeSummary} from '../../control/exchanges.js';
import type {CallContext} from '../../control/method.js';
import {createBell} from '../bell.js';
import {matchesQuery} from './exchange-query.js';
import type {Inspector} from './inspector.js';

export type StreamExchangesOptions = {
  readonly query: ExchangeQuery;
  readonly count: number;
  readonly follow: boolean;
};

/** As many as one app's ring holds. */
const MAX_WAITING = 500;

/** Sends the last `count` that match; with `follow` also what becomes of them, and those to come, until the client leaves. */
export async function streamExchanges(
  inspector: Pick<Inspector, 'list' | 'subscribe'>,
  {query, count, follow}: StreamExchangesOptions,
  {signal, emit, drained}: CallContext<ExchangeEvent>,
): Promise<void> {
  const bell = createBell();
  let waiting = new Map<number, ExchangeSummary>();
  let skipped = 0;
  const add = (exchange: ExchangeSummary): void => {
    if (!matchesQuery(exchange, query)) return;
    waiting.set(exchange.id, exchange);
    if (waiting.size > MAX_WAITING) {
      waiting.delete(waiting.keys().next().value as number);
      skipped += 1;
    }
    bell.ring();
  };
  // What begins between the list and what follows it would be missed otherwise; told twice, it is told once.
  const unsubscribe = follow ? inspector.subscribe(add) : undefined;
  try {
    for (const exchange of inspector.list(query, count)) waiting.set(exchange.id, exchange);
    do {
      const batch = waiting;
      waiting = new Map();
      if (skipped > 0) emit({type: 'skipped-requests', count: skipped});
      skipped = 0;
      for (const exchange of batch.values()) emit({type: 'request', exchange});
      await drained();
      if (follow) await bell.wait(signal);
    } while (follow && !signal.aborted);
  } finally {
    unsubscribe?.();
  }
}
