// Cold start: what happens when a request arrives for an app that is not running.
//
// The first request starts the app; those that arrive meanwhile wait on the same start. Each waits until its own
// deadline (504), is shed when too many wait already (503), and is answered at once when the start fails (502). After a
// failed start the next request tries again; why it failed is kept for the pages that followed it. A client that hangs up leaves; the start goes on, as
// others may need it.

import {TakoError} from '../system/error.js';
import type {AppId} from './route-table.js';
import type {Activate, Upstream} from './upstream.js';

/** `unavailable`: it is to be there and is not, or is not to be there. */
export type ActivationFailure = 'failed' | 'timed-out' | 'queue-full' | 'cancelled' | 'unavailable';

/** Why a request did not get an upstream. `details` are the app's last lines of output, where there are any. */
export class ActivationError extends TakoError {
  readonly failure: ActivationFailure;

  constructor(failure: ActivationFailure, ...rest: ConstructorParameters<typeof TakoError>) {
    super(...rest);
    this.failure = failure;
  }
}

/** Requests that may wait for one app. Each holds a socket and at most one head. */
export const MAX_WAITING = 2_000;

/** How long one request waits for its app, in milliseconds. */
export const COLD_START_DEADLINE_MS = 30_000;

export type ColdStartOptions = {
  readonly activate: Activate;
  readonly maxWaiting?: number;
  /** One for all apps, or each app's own. */
  readonly deadlineMs?: number | ((app: AppId) => number);
  /** Told of a bug in `activate` that no request was left to tell of. */
  readonly onBug?: ((error: unknown) => void) | undefined;
};

export type ColdStart = {
  /** Waits for the app's one start. Rejects with ActivationError, or with what is a bug in `activate`. */
  wait(app: AppId, signal: AbortSignal): Promise<Upstream>;
  /** Resolves when the start that is under way has come to its end, whichever; undefined when there is none. */
  settled(app: AppId): Promise<void> | undefined;
  /** Why the last start failed; undefined when it did not, and from when the next one begins. */
  failureOf(app: AppId): unknown;
};

type Start = {readonly upstream: Promise<Upstream>; waiting: number};

/** One start per app at a time, shared by all who wait. */
export function createColdStart(options: ColdStartOptions): ColdStart {
  const {activate, maxWaiting = MAX_WAITING, deadlineMs = COLD_START_DEADLINE_MS, onBug} = options;
  const deadlineOf = typeof deadlineMs === 'number' ? () => deadlineMs : deadlineMs;
  const starts = new Map<AppId, Start>();
  const failures = new Map<AppId, unknown>();

  function startOf(app: AppId): Start {
    const running = starts.get(app);
    if (running) return running;
    failures.delete(app);
    const start: Start = {upstream: bringUp(app).finally(() => starts.delete(app)), waiting: 0};
    start.upstream.catch(error => rememberFailure(app, error, start));
    starts.set(app, start);
    return start;
  }

  /** Every waiter may have left by then: their requests are what reports a bug otherwise. */
  function rememberFailure(app: AppId, error: unknown, {waiting}: Start): void {
    failures.set(app, error);
    if (waiting === 0 && !(error instanceof TakoError)) onBug?.(error);
  }

  async function bringUp(app: AppId): Promise<Upstream> {
    try {
      return await activate(app, new AbortController().signal);
    } catch (error) {
      throw error instanceof TakoError ? startFailed(error) : error;
    }
  }

  return {
    async wait(app, signal) {
      if (signal.aborted) throw clientLeft();
      const start = startOf(app);
      if (start.waiting >= maxWaiting) throw queueFull(app, maxWaiting);
      start.waiting += 1;
      try {
        return await withDeadline(start.upstream, {app, deadlineMs: deadlineOf(app), signal});
      } finally {
        start.waiting -= 1;
      }
    },
    settled: app => starts.get(app)?.upstream.then(nothing, nothing),
    failureOf: app => failures.get(app),
  };
}

const nothing = (): void => undefined;

type Wait = {readonly app: AppId; readonly deadlineMs: number; readonly signal: AbortSignal};

function withDeadline(upstream: Promise<Upstream>, {app, deadlineMs, signal}: Wait): Promise<Upstream> {
  return new Promise((resolve, reject) => {
    const leave = (): void => settle(() => reject(clientLeft()));
    const timer = setTimeout(() => settle(() => reject(timedOut(app, deadlineMs))), deadlineMs);
    const settle = (finish: () => void): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', leave);
      finish();
    };
    signal.addEventListener('abort', leave, {once: true});
    upstream.then(
      value => settle(() => resolve(value)),
      error => settle(() => reject(error)),
    );
  });
}

/** What the supervisor says about a failure, in the words a waiting request understands. */
function startFailed(error: TakoError): ActivationError {
  if (error instanceof ActivationError) return error;
  const {code, message, hint, details} = error;
  return new ActivationError('failed', code, message, {details, cause: error, ...(hint === undefined ? {} : {hint})});
}

const clientLeft = (): ActivationError => new ActivationError('cancelled', 'CLIENT_LEFT', 'the client left');

const queueFull = (app: AppId, maxWaiting: number): ActivationError =>
  new ActivationError('queue-full', 'APP_QUEUE_FULL', `${maxWaiting} requests wait for ${app} already`, {
    hint: 'try again in a moment',
  });

const timedOut = (app: AppId, deadlineMs: number): ActivationError =>
  new ActivationError('timed-out', 'APP_START_DEADLINE', `${app} was not ready within ${deadlineMs / 1000} s`, {
    hint: 'its log tells how far it came; the start goes on, so a later request may find it ready',
  });
