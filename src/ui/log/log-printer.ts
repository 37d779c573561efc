import type {Printed} from '../hooks/use-printed-lines.js';
import {createGrouping} from './grouping.js';
import {blockKey, type LogBlock} from './log-block.js';
import type {LogEntry} from './log-entry.js';
import {isShown} from './log-search.js';
import type {LogView} from './log-view.js';
import {createBlockRenderer} from './render-block.js';

/** Turns the log into lines of the terminal's scrollback, where what is written once is never changed. */
export type LogPrinter = {
  /**
   * The lines to write below those before. Some wait for a later call: of a trace that may go on, of what is repeated. With
   * `isLast` none does. `now` is in milliseconds since the epoch.
   */
  print(entries: readonly LogEntry[], view: LogView, when: {readonly now: number; readonly isLast: boolean}): Printed;
};

/** A trace is written at once, but its lines may come in two pieces. */
const HOLD_MS = 100;
/** How often it is said that something goes on being repeated. */
const REPEATS_MS = 1_000;

/** A block that may grow. */
type Held = {block: LogBlock; heldAt: number};

export function createLogPrinter(): LogPrinter {
  const groupOf = createGrouping();
  /** By stream. */
  const held = new Map<string, Held>();
  const repeats = createRepeats();
  let nextId = 1;

  return {
    print(entries, view, {now, isLast}) {
      const ready: LogBlock[] = [];
      const release = (key: string): void => {
        const {block} = held.get(key) ?? {};
        if (block) ready.push(block);
        held.delete(key);
      };
      for (const entry of entries) {
        const key = streamOf(entry);
        const {joins, mayGoOn} = groupOf(entry);
        const open = held.get(key);
        if (joins && open) {
          held.set(key, {block: {...open.block, entries: [...open.block.entries, entry]}, heldAt: now});
          continue;
        }
        // What tako says is often about what was held before it.
        for (const other of held.keys()) if (other === key || isOwn(entry)) release(other);
        const block: LogBlock = {id: nextId++, entries: [entry]};
        if (mayGoOn) held.set(key, {block, heldAt: now});
        else ready.push(block);
      }
      for (const [key, {heldAt}] of held) if (isLast || now - heldAt >= HOLD_MS) release(key);

      const shown = ready.filter(block => isShown(block, view));
      const lines = repeats.render(shown, view, {now, isLast});
      return {lines, isWaiting: held.size > 0 || repeats.isWaiting()};
    },
  };
}

const streamOf = ({app, source}: LogEntry): string => `${source} ${app ?? ''}`;
const isOwn = ({source}: LogEntry): boolean => source !== 'stdout' && source !== 'stderr';

/** Writes what is said again and again once, and how often it was. */
function createRepeats() {
  let last: {readonly block: LogBlock; readonly key: string} | undefined;
  /** How often the last one was said, and how often that is written already. */
  let count = 0;
  let written = 0;
  let writtenAt = 0;

  const render = (
    blocks: readonly LogBlock[],
    view: LogView,
    {now, isLast}: {readonly now: number; readonly isLast: boolean},
  ): readonly string[] => {
    const renderer = createBlockRenderer(view);
    const lines: string[] = [];
    const sayRepeats = (): void => {
      if (!last || count === written) return;
      // A single repetition takes no more room than to say so.
      if (count === 2) lines.push(...renderer.render(last.block));
      else lines.push(renderer.renderRepeats(last.block, count));
      written = count;
      writtenAt = now;
    };
    for (const block of blocks) {
      const key = view.collapseRepeats ? blockKey(block) : String(block.id);
      if (key === last?.key) {
        count++;
        continue;
      }
      sayRepeats();
      lines.push(...renderer.render(block));
      last = {block, key};
      count = 1;
      written = 1;
      writtenAt = now;
    }
    if (isLast || now - writtenAt >= REPEATS_MS) sayRepeats();
    return lines;
  };
  return {render, isWaiting: (): boolean => count !== written};
}
