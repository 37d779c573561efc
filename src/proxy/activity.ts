// What is under way: per app, by which it is told idle, and per upstream, by which an instance is told drained. A request
// counts for its app from when it is routed, and for the upstream it goes to from when that is chosen.

import {jitter} from './jitter.js';
import type {AppId} from './route-table.js';
import type {Upstream} from './upstream.js';

/** What an app was asked for. Times are in milliseconds since the epoch. */
export type AppActivity = {
  /** Requests, streams and tunnels that are not over. */
  readonly inFlight: number;
  /** When the last request began or ended; 0 where there was none. */
  readonly lastActiveAt: number;
};

/** Changed in place: nothing is made per request. */
export type Counter = {
  inFlight: number;
  lastActiveAt: number;
  readonly onIdle: (() => void)[];
  /** What does not end by itself: tunnels and event streams. */
  readonly lasting: Set<Lasting>;
};

/** A request that can be ended from outside. */
export type Lasting = {cut(): void};

export type Activity = {
  of(app: AppId): AppActivity;
  /** What is under way on an upstream, which is known by its object. */
  ofUpstream(upstream: Upstream): number;
  /** One more for the app; `leaveApp` takes it back. */
  enterApp(app: AppId): Counter;
  /** One more for the upstream, which is known by its object; `leaveUpstream` takes it back. */
  enterUpstream(upstream: Upstream): Counter;
  /** Notes that a request which entered does not end by itself. */
  expectToLast(counter: Counter, request: Lasting): void;
  /**
   * Resolves when nothing is under way on the upstream. Requests finish; what does not end by itself is cut off, one after
   * the other in the second half of `graceMs`, so that each has some of it and not all come back at once.
   */
  drain(upstream: Upstream, graceMs?: number): Promise<void>;
  /** As `drain`, for all upstreams at that address, whatever their objects. */
  drainAt(place: Place, graceMs: number): Promise<void>;
  /** As `drain` for all there are, without a wait: what comes later and lasts is cut off as well. */
  retire(graceMs: number): void;
};

/** Where upstreams are that are one process. */
export type Place = Pick<Upstream, 'host' | 'port'>;

const NO_ACTIVITY: AppActivity = {inFlight: 0, lastActiveAt: 0};

/** Their clients are there again in no more time than a page takes to load. */
const LASTING_GRACE_MS = 250;

export function createActivity(random: () => number = Math.random): Activity {
  const apps = new Map<AppId, Counter>();
  const upstreams = createUpstreamCounters();
  let retiresWithinMs: number | undefined;

  function cutWithin(request: Lasting, graceMs: number): void {
    setTimeout(() => request.cut(), jitter(graceMs, random)).unref();
  }

  async function drain(counter: Counter | undefined, graceMs: number): Promise<void> {
    if (counter === undefined || counter.inFlight === 0) return;
    for (const request of counter.lasting) cutWithin(request, graceMs);
    await new Promise<void>(resolve => counter.onIdle.push(resolve));
  }

  return {
    of(app) {
      const {inFlight, lastActiveAt} = apps.get(app) ?? NO_ACTIVITY;
      return {inFlight, lastActiveAt};
    },
    ofUpstream: upstream => upstreams.get(upstream)?.inFlight ?? 0,
    enterApp(app) {
      const counter = enter(apps, app);
      counter.lastActiveAt = Date.now();
      return counter;
    },
    enterUpstream: upstream => enter(upstreams, upstream),
    expectToLast(counter, request) {
      counter.lasting.add(request);
      if (retiresWithinMs !== undefined) cutWithin(request, retiresWithinMs);
    },
    drain: (upstream, graceMs = LASTING_GRACE_MS) => drain(upstreams.get(upstream), graceMs),
    async drainAt({host, port}, graceMs) {
      const there = upstreams.all().filter(upstream => upstream.host === host && upstream.port === port);
      await Promise.all(there.map(upstream => drain(upstreams.get(upstream), graceMs)));
    },
    retire(graceMs) {
      retiresWithinMs = graceMs;
      for (const upstream of upstreams.all()) {
        for (const request of upstreams.get(upstream)?.lasting ?? []) cutWithin(request, graceMs);
      }
    },
  };
}

type UpstreamCounters = Counters<Upstream> & {
  /** Those that somebody still knows. */
  all(): readonly Upstream[];
};

/** Upstreams come and go with processes, and nobody tells when one is over: they are not kept. */
function createUpstreamCounters(): UpstreamCounters {
  const counters = new WeakMap<Upstream, Counter>();
  let known: readonly WeakRef<Upstream>[] = [];
  const all = (): readonly Upstream[] => known.map(one => one.deref()).filter(upstream => upstream !== undefined);
  return {
    all,
    get: upstream => counters.get(upstream),
    set(upstream, counter) {
      counters.set(upstream, counter);
      known = [...all(), upstream].map(one => new WeakRef(one));
    },
  };
}

type Counters<Key> = {get(key: Key): Counter | undefined; set(key: Key, counter: Counter): unknown};

function enter<Key>(counters: Counters<Key>, key: Key): Counter {
  let counter = counters.get(key);
  if (counter === undefined) {
    counter = {inFlight: 0, lastActiveAt: 0, onIdle: [], lasting: new Set()};
    counters.set(key, counter);
  }
  counter.inFlight += 1;
  return counter;
}

/** Once for each that entered, as the next one. */
export function leaveApp(counter: Counter): void {
  counter.inFlight -= 1;
  counter.lastActiveAt = Date.now();
}

export function leaveUpstream(counter: Counter, request: Lasting): void {
  counter.inFlight -= 1;
  if (counter.lasting.size > 0) counter.lasting.delete(request);
  if (counter.inFlight > 0 || counter.onIdle.length === 0) return;
  for (const resolve of counter.onIdle.splice(0)) resolve();
}
