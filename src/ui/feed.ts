// Between events, which come whenever they come, and a screen, which changes at most once per frame. What writes faster
// than a terminal shows costs neither memory nor the keys their answer: lines that do not fit in a frame are counted and
// left out.

import {createLineQueue} from './line-queue.js';

/** 30 frames a second. */
export const FRAME_MS = 33;

/** Log lines of one frame: as many as the daemon keeps of an app, so that attaching shows all of them. */
export const MAX_FRAME_LINES = 2_000;

export type Feed<Event, View, Line> = {
  push(event: Event): void;
  view(): View;
  /** The lines for the scrollback since the last call. */
  takeLines(): readonly Line[];
  /** Calls the listener once per frame in which something happened. */
  subscribe(listener: () => void): () => void;
  /** What has happened so far is shown at once. */
  flush(): void;
  /** The last frame, at once. */
  close(): void;
  isClosed(): boolean;
};

export type FeedOptions<Event, View, Line> = {
  readonly empty: View;
  /** What an event leads to: the next view, and what it adds to the scrollback. */
  readonly reduce: (view: View, event: Event) => {readonly view: View; readonly lines: readonly Line[]};
  /** What is added to the view once per frame, before it is shown. */
  readonly frame?: (view: View) => View;
  /** What stands for so many lines that were left out. */
  readonly skipped: (count: number) => Line;
};

export function createFeed<Event, View, Line>(options: FeedOptions<Event, View, Line>): Feed<Event, View, Line> {
  const listeners = new Set<() => void>();
  const queue = createLineQueue<Line>(MAX_FRAME_LINES);
  let view = options.empty;
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;

  const showFrame = (): void => {
    clearTimeout(timer);
    timer = undefined;
    view = options.frame?.(view) ?? view;
    for (const listener of listeners) listener();
  };
  return {
    push: event => {
      const step = options.reduce(view, event);
      view = step.view;
      for (const line of step.lines) queue.push(line);
      timer ??= setTimeout(showFrame, FRAME_MS);
    },
    view: () => view,
    takeLines: () => {
      const {lines, skipped} = queue.take();
      return skipped > 0 ? [options.skipped(skipped), ...lines] : lines;
    },
    subscribe: listener => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    flush: showFrame,
    close: () => {
      isClosed = true;
      showFrame();
    },
    isClosed: () => isClosed,
  };
}
