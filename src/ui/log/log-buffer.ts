import type {LogBlock} from './log-block.js';
import type {LogEntry} from './log-entry.js';

/** The log as it is kept for screens that scroll through it. Bounded: the oldest lines give way. */
export type LogBuffer = {
  push(entry: LogEntry): void;
  /** Oldest first. The same array until something is pushed; the same block until it grows. */
  blocks(): readonly LogBlock[];
  /** How many lines gave way. */
  dropped(): number;
  clear(): void;
};

export type LogBufferLimits = {readonly lines: number; readonly characters: number};

/** Of the longest lines that the daemon passes on, some hundred. */
export const BUFFER_LIMITS: LogBufferLimits = {lines: 10_000, characters: 8_000_000};

export function createLogBuffer({lines, characters}: LogBufferLimits = BUFFER_LIMITS): LogBuffer {
  let kept: LogBlock[] = [];
  let snapshot: readonly LogBlock[] | undefined;
  let keptCharacters = 0;
  let dropped = 0;
  let nextId = 1;
  return {
    push: entry => {
      kept.push({id: nextId++, entries: [entry]});
      keptCharacters += entry.text.length;
      snapshot = undefined;
      while (kept.length > lines || (keptCharacters > characters && kept.length > 1)) {
        keptCharacters -= kept.shift()?.entries[0].text.length ?? 0;
        dropped++;
      }
    },
    blocks: () => (snapshot ??= [...kept]),
    dropped: () => dropped,
    clear: () => {
      kept = [];
      snapshot = undefined;
      keptCharacters = 0;
    },
  };
}
