import {createGrouping} from './grouping.js';
import type {LogBlock} from './log-block.js';
import type {LogEntry} from './log-entry.js';

/** The log as it is kept for screens that scroll through it. Bounded: the oldest blocks give way. */
export type LogBuffer = {
  push(entry: LogEntry): void;
  /** In the order in which they began. The same array until something is pushed; the same block until it grows. */
  blocks(): readonly LogBlock[];
  /** How many lines gave way. */
  dropped(): number;
  clear(): void;
};

export type LogBufferLimits = {readonly lines: number; readonly characters: number};

/** What one reads back at most, and some hundred of the longest lines that there are (16 KiB). */
const BUFFER_LIMITS: LogBufferLimits = {lines: 10_000, characters: 8_000_000};

/** Holds up to a quarter more than the limits, as each removal moves all that is left. */
export function createLogBuffer(limits: LogBufferLimits = BUFFER_LIMITS): LogBuffer {
  const groupOf = createGrouping();
  /** By app and source: the place of its last block, counted from the first of all times. */
  const lastBlocks = new Map<string, number>();
  let kept: LogBlock[] = [];
  let snapshot: readonly LogBlock[] | undefined;
  let size = {lines: 0, characters: 0};
  let nextId = 1;
  let dropped = 0;

  const placeOf = (id: number): number => id - (kept[0]?.id ?? nextId);
  const grow = (entry: LogEntry, key: string): boolean => {
    const place = placeOf(lastBlocks.get(key) ?? 0);
    const block = kept[place];
    if (!block) return false;
    kept[place] = {...block, entries: [...block.entries, entry]};
    return true;
  };
  const begin = (entry: LogEntry, key: string): void => {
    lastBlocks.set(key, nextId);
    kept.push({id: nextId++, entries: [entry]});
  };
  const dropOldest = (): void => {
    let count = 0;
    while (count < kept.length - 1 && isBeyond(size, limits)) {
      const gone = sizeOf(kept[count++]);
      size = {lines: size.lines - gone.lines, characters: size.characters - gone.characters};
      dropped += gone.lines;
    }
    kept = kept.slice(count);
  };
  return {
    push: entry => {
      const key = `${entry.source} ${entry.app ?? ''}`;
      if (!groupOf(entry).joins || !grow(entry, key)) begin(entry, key);
      size = {lines: size.lines + 1, characters: size.characters + entry.text.length};
      snapshot = undefined;
      if (isBeyond(size, {lines: limits.lines * SLACK, characters: limits.characters * SLACK})) dropOldest();
    },
    blocks: () => (snapshot ??= [...kept]),
    dropped: () => dropped,
    clear: () => {
      kept = [];
      snapshot = undefined;
      size = {lines: 0, characters: 0};
      dropped = 0;
    },
  };
}

const SLACK = 1.25;

const isBeyond = (size: LogBufferLimits, limits: LogBufferLimits): boolean =>
  size.lines > limits.lines || size.characters > limits.characters;

const sizeOf = (block: LogBlock | undefined): LogBufferLimits => ({
  lines: block?.entries.length ?? 0,
  characters: block?.entries.reduce((sum, {text}) => sum + text.length, 0) ?? 0,
});
