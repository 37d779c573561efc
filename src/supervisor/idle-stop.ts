// Stops apps that nobody uses. What counts as use is the activity source's to say: a request, an open socket, a stream.

import type {Clock} from '../system/clock.js';
import type {Instance} from './instance.js';

/** `lastActiveAt`, in milliseconds since the epoch, is when the last of it began or ended. */
export type Activity = {readonly inFlight: number; readonly lastActiveAt: number};

export type IdleTimeout = number | 'never';

export type IdleStopOptions = {
  readonly clock: Clock;
  readonly activityOf: (app: string) => Activity;
  /** In milliseconds; asked anew at each look, so that it may change. */
  readonly idleTimeoutOf: (app: string) => IdleTimeout;
  /** Called with an app that is ready and has been idle for its timeout. */
  readonly stop: (app: string, because: string) => Promise<unknown>;
};

export type IdleStop = {
  /** To be told each transition of each app. Only one that is ready can be idle, and not before it has been for its timeout. */
  observe(app: string, instance: Instance): void;
  /** Stops nothing any more. Twice is once. */
  close(): void;
};

export type IdleDecision =
  | {readonly action: 'stop'; readonly idleMs: number}
  | {readonly action: 'look-again'; readonly afterMs: number};

/** A timeout that has been shortened, or is not `never` any more, is heeded within this time. */
export const LONGEST_LOOK_MS = 60_000;

/** Decides only. `activity` is that since the app became ready. */
export function decideIdleStop(activity: Activity, timeout: IdleTimeout, now: number): IdleDecision {
  if (timeout === 'never') return {action: 'look-again', afterMs: LONGEST_LOOK_MS};
  const idleMs = activity.inFlight > 0 ? 0 : now - activity.lastActiveAt;
  if (activity.inFlight === 0 && idleMs >= timeout) return {action: 'stop', idleMs};
  return {action: 'look-again', afterMs: Math.min(Math.max(1, timeout - idleMs), LONGEST_LOOK_MS)};
}

export function createIdleStop({clock, activityOf, idleTimeoutOf, stop}: IdleStopOptions): IdleStop {
  const watches = new Map<string, AbortController>();
  let isClosed = false;

  const unwatch = (app: string): void => {
    watches.get(app)?.abort();
    watches.delete(app);
  };

  async function watch(app: string, readyAt: number, {signal}: AbortController): Promise<void> {
    while (!signal.aborted) {
      const {inFlight, lastActiveAt} = activityOf(app);
      const activity = {inFlight, lastActiveAt: Math.max(lastActiveAt, readyAt)};
      const decision = decideIdleStop(activity, idleTimeoutOf(app), clock.now());
      if (decision.action === 'stop') {
        await stop(app, `nothing used it for ${describeDuration(decision.idleMs)}`).catch(() => {});
      }
      // Stopped, it is not watched any more; a stop that failed is tried again.
      await clock.sleep(decision.action === 'stop' ? LONGEST_LOOK_MS : decision.afterMs, signal);
    }
  }

  return {
    observe: (app, instance) => {
      if (instance.state === 'ready' && watches.has(app)) return;
      unwatch(app);
      if (instance.state !== 'ready' || isClosed) return;
      const watching = new AbortController();
      watches.set(app, watching);
      watch(app, clock.now(), watching).catch(error => {
        if (!watching.signal.aborted) throw error;
      });
    },
    close: () => {
      isClosed = true;
      for (const app of [...watches.keys()]) unwatch(app);
    },
  };
}

const describeDuration = (ms: number): string =>
  ms >= 60_000 ? `${Math.floor(ms / 60_000)} min` : `${Math.floor(ms / 1_000)} s`;
