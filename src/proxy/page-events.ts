// What open pages of an app are told: to load again, that there is a problem, that it is over. Pages ask, with the
// number of what they know, and are answered when there is something newer.

import type {AppId} from './route-table.js';
import {shownLines} from './template.js';

export type PageProblem = {
  readonly code: string;
  readonly message: string;
  readonly hint?: string | undefined;
  /** The app's last lines of output. */
  readonly lines?: readonly string[];
};

export type PageEvent =
  | {readonly type: 'reload'}
  | ({readonly type: 'problem'} & PageProblem)
  /** What was a problem is none any more. */
  | {readonly type: 'ok'};

/** What a page that knew `after` has missed. */
export type PageNews = {
  /** To ask on with. */
  readonly version: number;
  readonly reload: boolean;
  readonly problem: PageProblem | undefined;
};

export type PageEvents = {
  publish(app: AppId, event: PageEvent): void;
  /** What a page that is made now knows. */
  versionOf(app: AppId): number;
  newsSince(app: AppId, after: number): PageNews;
  /** Resolves when there is news since `after`, after `timeoutMs`, or when the signal aborts. */
  untilNews(app: AppId, after: number, wait: {readonly timeoutMs: number; readonly signal: AbortSignal}): Promise<void>;
};

type Channel = {
  version: number;
  reloadedAt: number;
  problem: PageProblem | undefined;
  readonly waiting: Set<() => void>;
};

/** Versions are times: a page that was made before this process began knows less than any of its events. */
export function createPageEvents(now: () => number = Date.now): PageEvents {
  const startedAt = now();
  const channels = new Map<AppId, Channel>();

  function channelOf(app: AppId): Channel {
    const channel = channels.get(app) ?? {version: startedAt, reloadedAt: 0, problem: undefined, waiting: new Set()};
    channels.set(app, channel);
    return channel;
  }

  return {
    publish(app, event) {
      const channel = channelOf(app);
      channel.version = Math.max(channel.version + 1, now());
      if (event.type === 'reload') channel.reloadedAt = channel.version;
      channel.problem = event.type === 'problem' ? toProblem(event) : undefined;
      for (const wake of [...channel.waiting]) wake();
    },
    versionOf: app => channels.get(app)?.version ?? startedAt,
    newsSince(app, after) {
      const {version, reloadedAt, problem} = channelOf(app);
      return {version, reload: reloadedAt > after, problem};
    },
    untilNews(app, after, {timeoutMs, signal}) {
      const channel = channelOf(app);
      if (channel.version !== after || signal.aborted) return Promise.resolve();
      return new Promise(resolve => {
        const wake = (): void => {
          clearTimeout(timer);
          channel.waiting.delete(wake);
          signal.removeEventListener('abort', wake);
          resolve();
        };
        const timer = setTimeout(wake, timeoutMs);
        channel.waiting.add(wake);
        signal.addEventListener('abort', wake, {once: true});
      });
    },
  };
}

const toProblem = ({code, message, hint, lines}: PageProblem): PageProblem => ({
  code,
  message,
  ...(hint === undefined ? {} : {hint}),
  ...(lines === undefined ? {} : {lines: shownLines(lines)}),
});
