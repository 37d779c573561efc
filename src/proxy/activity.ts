// What is under way: per app, by which it is told idle, and per upstream, by which an instance is told drained. A request
// counts for its app from when it is routed, and for the upstream it goes to from when that is chosen.

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
export type Counter = {inFlight: number; lastActiveAt: number; readonly onIdle: (() => void)[]};

export type Activity = {
  of(app: AppId): AppActivity;
  /** One more for the app; `leaveApp` takes it back. */
  enterApp(app: AppId): Counter;
  /** One more for the upstream, which is known by its object; `leaveUpstream` takes it back. */
  enterUpstream(upstream: Upstream): Counter;
  /** Resolves when nothing is under way on the upstream. Nothing is cut off for it. */
  drain(upstream: Upstream): Promise<void>;
};

const NO_ACTIVITY: AppActivity = {inFlight: 0, lastActiveAt: 0};

export function createActivity(): Activity {
  const apps = new Map<AppId, Counter>();
  const upstreams = new WeakMap<Upstream, Counter>();

  return {
    of(app) {
      const {inFlight, lastActiveAt} = apps.get(app) ?? NO_ACTIVITY;
      return {inFlight, lastActiveAt};
    },
    enterApp(app) {
      const counter = enter(apps, app);
      counter.lastActiveAt = Date.now();
      return counter;
    },
    enterUpstream: upstream => enter(upstreams, upstream),
    async drain(upstream) {
      const counter = upstreams.get(upstream);
      if (counter === undefined || counter.inFlight === 0) return;
      await new Promise<void>(resolve => counter.onIdle.push(resolve));
    },
  };
}

type Counters<Key> = {get(key: Key): Counter | undefined; set(key: Key, counter: Counter): unknown};

function enter<Key>(counters: Counters<Key>, key: Key): Counter {
  let counter = counters.get(key);
  if (counter === undefined) {
    counter = {inFlight: 0, lastActiveAt: 0, onIdle: []};
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

export function leaveUpstream(counter: Counter): void {
  counter.inFlight -= 1;
  if (counter.inFlight > 0 || counter.onIdle.length === 0) return;
  for (const resolve of counter.onIdle.splice(0)) resolve();
}
