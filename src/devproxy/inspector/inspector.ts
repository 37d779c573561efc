// The inspector: what the requests of the last minutes were, for whoever wants to know what just happened.
//
// The gateway tells it of each request of an app; it notes when what came, keeps what is there anyway, and copies the
// beginning of the bodies. All that costs time (masking secrets, undoing content codings, finding what is asked for) is
// done when somebody looks. What is kept is bounded per app and in all; the oldest go first.

import type {ExchangeDetail, ExchangeQuery, ExchangeSummary, ReplayEdit, Traffic} from '../../control/exchanges.js';
import type {StartExchange} from '../../proxy/client-side.js';
import type {GatewaySession} from '../../proxy/gateway-session.js';
import type {SessionObserver} from '../../proxy/session-observer.js';
import {NO_MASK, type SecretMask} from '../../secrets/secret-mask.js';
import {BlockPool} from './block-pool.js';
import {noSuchRequest} from './errors.js';
import {matchesQuery} from './exchange-query.js';
import type {ExchangeRing} from './exchange-ring.js';
import {ExchangeStore} from './exchange-store.js';
import {type ExchangeHost, ObservedExchange} from './observed-exchange.js';
import {type Masking, renderDetail, renderSummary} from './render-exchange.js';
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
   * the answer is complete; whoever waits for it has left when the signal aborts, or after ten minutes. Rejects with NO_SUCH_REQUEST,
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
  /** The values of an app's own secrets, which are masked wherever they are. Left out: there are none. */
  readonly maskOf?: (app: string) => SecretMask;
  /** The gateway's, for what is sent again. */
  readonly start: StartExchange;
  /** The time of day, in milliseconds since the epoch. */
  readonly now?: () => number;
};

export function createInspector(options: InspectorOptions): Inspector & InspectorFeed {
  const {maskedNamesOf, maskOf = () => NO_MASK, start, now = Date.now} = options;
  const store = new ExchangeStore();
  const apps = new Map<string, AppRecord>();
  const listeners = new Set<(exchange: ExchangeSummary) => void>();
  const changed = new Set<ObservedExchange>();
  const replays = createReplays(start);
  let lastId = 0;

  const host: ExchangeHost = {
    blocks: new BlockPool(),
    now: () => performance.now(),
    onChange: tellSoon,
    onOver(exchange) {
      countEnd(exchange);
      if (listeners.size > 0) exchange.keep();
      tellSoon(exchange);
    },
  };

  const summaryOf = (exchange: ObservedExchange): ExchangeSummary => renderSummary(exchange, maskingOf(exchange));
  const maskingOf = ({app}: ObservedExchange): Masking => ({names: maskedNamesOf(app), values: maskOf(app)});

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

  function recordOf(app: string): AppRecord {
    let record = apps.get(app);
    if (record === undefined) {
      record = {ring: store.open(), traffic: new TrafficCounter()};
      apps.set(app, record);
    }
    return record;
  }

  function countEnd(exchange: ObservedExchange): void {
    const {facts, app, startedAt, totalMs} = exchange;
    const traffic = apps.get(app)?.traffic;
    if ((facts.response?.status ?? 0) >= 500 || facts.outcome === 'cut-off') traffic?.fail();
    // What lasts for as long as its client likes is mostly ended by that.
    if (facts.outcome === 'answered') traffic?.complete(startedAt + totalMs, totalMs);
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
      const {ring, traffic} = recordOf(app);
      const startedAt = host.now();
      const isHurried = traffic.begin(startedAt) > UNHURRIED_REQUESTS;
      const isPassing = isHurried && listeners.size === 0 && replayOf === null && !session.hasBody;
      const origin = {id: lastId, startedAt, app, time: now(), replayOf};
      const exchange = new ObservedExchange(session, origin, host, {keeper: ring, isPassing});
      replays.began(session.client, exchange);
      if (!isPassing) ring.add(exchange);
      tellSoon(exchange);
      return exchange;
    },
    retain(retained) {
      for (const [app, {ring}] of apps) {
        if (retained.has(app)) continue;
        store.close(ring);
        apps.delete(app);
      }
    },
    list(query, count) {
      const found: ExchangeSummary[] = [];
      const kept = query.app === undefined ? store.list() : (apps.get(query.app)?.ring.list() ?? []);
      for (const exchange of kept.reverse()) {
        if (found.length >= count) break;
        const summary = summaryOf(exchange);
        if (matchesQuery(summary, query)) found.push(summary);
      }
      return found.reverse();
    },
    find(id) {
      const exchange = store.find(id);
      return exchange && renderDetail(exchange, maskingOf(exchange));
    },
    subscribe(listener) {
      const own = (exchange: ExchangeSummary): void => listener(exchange);
      listeners.add(own);
      return () => void listeners.delete(own);
    },
    async replay(id, edit, signal) {
      const exchange = get(id);
      return summaryOf(await replays.send(exchange, edit, {masking: maskingOf(exchange), signal}));
    },
    traffic: app => apps.get(app)?.traffic.at(performance.now()) ?? NO_TRAFFIC,
  };
}

/**
 * In a second of an app. The ring holds what comes in one: of faster traffic nobody sees a single exchange before it has made
 * room. Those beyond, which are as those before, are counted and forgotten, but for what failed, was slow, or came with a body.
 * Nothing that lasts may hold them: a collection under way would keep their sessions and all buffers of those, which at
 * 64 KiB costs a request a quarter (bench/inspector.mjs).
 */
const UNHURRIED_REQUESTS = 500;

/** What is kept and counted of one app. */
type AppRecord = {readonly ring: ExchangeRing; readonly traffic: TrafficCounter};

const NO_TRAFFIC: Traffic = {requestsPerSecond: 0, p95Ms: null, errors: 0, requests: 0};
