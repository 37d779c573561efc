// Between a session, whose events come whenever they come, and the screen, which changes at most once per frame. An app
// that writes faster than a terminal shows costs neither memory nor the keys their answer: what does not fit in a frame
// is counted and left out.

import {describeSkipped} from './describe.js';
import type {DevEvent} from './dev-session.js';
import {type DevView, EMPTY_VIEW, reduceDevView} from './dev-view.js';
import {createLineQueue} from './line-queue.js';
import type {LogEntry} from './log-entry.js';

/** 30 frames a second. */
export const FRAME_MS = 33;

/** Log lines of one frame: as many as the daemon keeps of an app, so that attaching shows all of them. */
export const MAX_FRAME_LINES = 2_000;

export type DevFeed = {
  push(event: DevEvent): void;
  view(): DevView;
  /** The log's lines since the last call. */
  takeLines(): readonly LogEntry[];
  /** Calls the listener once per frame in which something happened. */
  subscribe(listener: () => void): () => void;
  /** The last frame, at once. */
  close(): void;
};

export function createDevFeed(now: () => number = Date.now): DevFeed {
  const listeners = new Set<() => void>();
  const queue = createLineQueue<LogEntry>(MAX_FRAME_LINES);
  let view = EMPTY_VIEW;
  let timer: NodeJS.Timeout | undefined;

  const showFrame = (): void => {
    clearTimeout(timer);
    timer = undefined;
    for (const listener of listeners) listener();
  };
  return {
    push: event => {
      const step = reduceDevView(view, event, now());
      view = step.view;
      for (const entry of step.entries) queue.push(entry);
      timer ??= setTimeout(showFrame, FRAME_MS);
    },
    view: () => view,
    takeLines: () => {
      const {lines, skipped} = queue.take();
      return skipped > 0 ? [skippedEntry(now(), skipped), ...lines] : lines;
    },
    subscribe: listener => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: showFrame,
  };
}

const skippedEntry = (time: number, count: number): LogEntry => ({
  time,
  app: undefined,
  source: 'tako',
  text: describeSkipped(count),
});
