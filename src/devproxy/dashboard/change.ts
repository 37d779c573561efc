import type {Html} from './html.js';

/**
 * Something to change in an open page: elements, of which those whose id is there already are put in its place. Others are
 * added at the start or the end of the element `into`, which is left with its `keep` newest; without it they are left out.
 */
export type Change = {
  readonly html: Html;
  readonly into?: {readonly id: string; readonly at: 'start' | 'end'; readonly keep: number};
};

/** What a page shows that changes: asked again and again, it tells what is new since it was asked last. */
export type LivePart = {
  take(): readonly Change[];
};

/**
 * Keeps from sending what was sent already: what was rendered last for each id. At first everything is news, as something may
 * have changed since the page was made.
 */
export type Shown = {
  /** Whether it is new or another one than last time. */
  isNews(id: string, html: Html): boolean;
  /** Forgets all but these. */
  keepOnly(ids: ReadonlySet<string>): void;
};

export function createShown(): Shown {
  const texts = new Map<string, string>();
  return {
    isNews(id, {text}) {
      if (texts.get(id) === text) return false;
      texts.set(id, text);
      return true;
    },
    keepOnly(ids) {
      for (const id of texts.keys()) {
        if (!ids.has(id)) texts.delete(id);
      }
    },
  };
}
