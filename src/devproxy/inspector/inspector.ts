// The inspector: what the requests of the last minutes were, for whoever wants to know what just happened.
//
// The gateway tells it of each request of an app; it notes when what came, keeps what is there anyway, and copies the
// beginning of the bodies. All that costs time (masking secrets, undoing content codings, finding what is asked for) is
// done when somebody looks. What is kept is bounded per app and in all; the oldest go first.

import type {ExchangeDetail, ExchangeQuery, ExchangeSummary, ReplayEdit, Traffic} from '../../control/exchanges.js';
import type {StartExchange} from '../../proxy/client-side.js';
import type {GatewaySession} from '../../proxy/gateway-session.js';
import type {SessionObserver} from '../../proxy/session-observer.js';
import {noSuchRequest} from './errors.js';
import {matchesQuery} from './exchange-query.js';
import {ExchangeStore} from './exchange-store.js';
import {type ExchangeHost, ObservedExchange} from './observed-exchange.js';
import {renderDetail, renderSummary} from './render-exchange.js';
import {createReplays} from './replays.js';
import {TrafficCounter} from './traffic-counter.js';

export type Inspector = {
  /** The last `count` that match, oldest first, those under way included. */
  list(query: ExchangeQuery, count: number): readonly ExchangeSummary[];
  find(id: number): ExchangeDetail | undefined;
  /**
   * Calls the listener for each request that begins, has an answer, or is over, soon after; once for what happens at once.
   * Until the returned function is called.
   */
  subscribe(listener: (exchange: ExchangeSummary) => void): () => void;
  /**
   * Sends a request again, as it came but for the edit, with its true values where the edit has masked ones. Resolves when
   * the answer is complete; the client that waits for it has left when the signal aborts. Rejects with NO_SUCH_REQUEST,
   * BODY_NOT_KEPT, NOT_REPLAYABLE and REPLAY_INVALID.
   */
  replay(id: number, edit: ReplayEdit, signal?: AbortSignal): Promise<ExchangeSummary>;
  /** What an app was asked for lately. */
  traffic(app: string): Traffic;
};

/** The side of those who fill it. */
export type InspectorFeed = {
  /** For the gateway: asked for each request of an app. */
  observe(session: GatewaySession, app: string): SessionObserver;
  /** Forgets all apps but these. */
  retain(apps: ReadonlySet<string>): void;
};

export type InspectorOptions = {
  /** What an app wants masked beside what always is. */
  readonly maskedNamesOf: (app: string) => readonly string[];
  /** The gateway's, for what is sent again. */
  readonly start: StartExchange;
  /** The time of day, in milliseconds since the epoch. */
  readonly now?: () => number;
};

export function createInspector(options: InspectorOptions): Inspector & InspectorFeed {
  const {maskedNamesOf, start, now = Date.now} = options;
  const store = new ExchangeStore();
  const traffic = new Map<string, TrafficCounter>();
  const listeners = new Set<(exchange: ExchangeSummary) => void>();
  const changed = new Set<ObservedExchange>();
  const replays = createReplays(start);
  let lastId = 0;

  const host: ExchangeHost = {
    now: () => performance.now(),
    onGrowth: (exchange, bytes) => store.grow(exchange, bytes),
    onChange: tellSoon,
    onOver(exchange) {
      countEnd(exchange);
      tellSoon(exchange);
    },
  };

  const summaryOf = (exchange: ObservedExchange): ExchangeSummary =>
    renderSummary(exchange, maskedNamesOf(exchange.app));

  /** After the requests that are being handled now, so that none of them waits for who looks. */
  function tellSoon(exchange: ObservedExchange): void {
    if (listeners.size === 0) return;
    if (changed.size === 0) setImmediate(tell);
    changed.add(exchange);
  }

  function tell(): void {
    const exchanges = [...changed];
    changed.clear();
    for (const exchange of exchanges) {
      const summary = summaryOf(exchange);
      for (const listener of listeners) listener(summary);
    }
  }

  function trafficOf(app: string): TrafficCounter {
    let counter = traffic.get(app);
    if (counter === undefined) {
      counter = new TrafficCounter();
      traffic.set(app, counter);
    }
    return counter;
  }

  function countEnd(exchange: ObservedExchange): void {
    const {response, outcome} = exchange.facts;
    const counter = traffic.get(exchange.app);
    if ((response?.status ?? 0) >= 500 || outcome === 'cut-off') counter?.fail();
    if (outcome === 'answered' && !isLasting(exchange)) counter?.complete(performance.now(), exchange.totalMs);
  }

  function get(id: number): ObservedExchange {
    const exchange = store.find(id);
    if (exchange === undefined) throw noSuchRequest(id);
    return exchange;
  }

  return {
    observe(session, app) {
      lastId += 1;
      const replayOf = replays.originOf(session.client);
      const exchange = new ObservedExchange(session, {id: lastId, app, time: now(), replayOf}, host);
      replays.began(session.client, exchange);
      trafficOf(app).begin(performance.now());
      store.add(exchange);
      tellSoon(exchange);
      return exchange;
    },
    retain(apps) {
      store.retain(apps);
      for (const app of traffic.keys()) if (!apps.has(app)) traffic.delete(app);
    },
    list(query, count) {
      const found: ExchangeSummary[] = [];
      for (const exchange of store.list(query.app).reverse()) {
        if (found.length >= count) break;
        const summary = summaryOf(exchange);
        if (matchesQuery(summary, query)) found.push(summary);
      }
      return found.reverse();
    },
    find(id) {
      const exchange = store.find(id);
      return exchange && renderDetail(exchange, maskedNamesOf(exchange.app));
    },
    subscribe(listener) {
      const own = (exchange: ExchangeSummary): void => listener(exchange);
      listeners.add(own);
      return () => void listeners.delete(own);
    },
    async replay(id, edit, signal) {
      const exchange = get(id);
      return summaryOf(await replays.send(exchange, edit, {maskedNames: maskedNamesOf(exchange.app), signal}));
    },
    traffic: app => traffic.get(app)?.at(performance.now()) ?? NO_TRAFFIC,
  };
}

const NO_TRAFFIC: Traffic = {requestsPerSecond: 0, p95Ms: null, errors: 0, requests: 0};

/** It takes as long as its client wants it to. */
const isLasting = ({facts}: ObservedExchange): boolean =>
  facts.response?.fields.get('content-type')?.startsWith('text/event-stream') === true;
