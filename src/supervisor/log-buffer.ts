import type {Clock} from '../system/clock.js';
import type {LogLevel} from './log-level.js';

export type LogStream = 'stdout' | 'stderr' | 'tako';

export type LogLine = {
  /** Grows by one and is never given twice, also not after older lines have been dropped. */
  readonly id: number;
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly stream: LogStream;
  readonly text: string;
} & LogDetails;

/** What is known of a line beside what it says. */
export type LogDetails = {
  /** The pid of the process it is from or about. */
  readonly instance?: string;
  /** How serious it is, where that is clear. */
  readonly level?: LogLevel | undefined;
  /** A line of tako's own that stands for so many of the app's, which came faster than they are kept. */
  readonly dropped?: number;
};

export type LogLimits = {readonly maxLines: number; readonly maxBytes: number};

export const LOG_LIMITS: LogLimits = {maxLines: 2_000, maxBytes: 4 * 1024 * 1024};

/** The newest lines of one app. */
export type LogBuffer = {
  /** The first id it gave or will give: older ones were given before it was there. */
  readonly firstId: number;
  /** The last id that was given; one less than `firstId` before it gave any. */
  readonly lastId: number;
  append(stream: LogStream, text: string, details?: LogDetails): LogLine;
  /** The lines after `id` that are still there. */
  since(id: number): {readonly lines: readonly LogLine[]};
  last(count: number): readonly LogLine[];
  /** Calls the listener with each line to come, until the returned function is called. */
  subscribe(listener: (line: LogLine) => void): () => void;
};

export function createLogBuffer(clock: Clock, limits: LogLimits = LOG_LIMITS, firstId = 1): LogBuffer {
  // Those before `first` have been dropped. Ids are consecutive, so an id tells an index.
  let lines: LogLine[] = [];
  let first = 0;
  const listeners = new Set<(line: LogLine) => void>();
  let nextId = firstId;
  let bytes = 0;

  const dropOldest = (): void => {
    while (lines.length - first > limits.maxLines || bytes > limits.maxBytes) bytes -= sizeOf(lines[first++]);
    // Rarely, so that a line costs the same however many are kept.
    if (first * 2 <= lines.length) return;
    lines = lines.slice(first);
    first = 0;
  };
  const newest = (count: number): readonly LogLine[] => lines.slice(Math.max(first, lines.length - count));
  return {
    firstId,
    get lastId() {
      return nextId - 1;
    },
    append: (stream, text, details) => {
      const line: LogLine = {id: nextId++, time: clock.now(), stream, text, ...details};
      lines.push(line);
      bytes += sizeOf(line);
      dropOldest();
      for (const listener of listeners) listener(line);
      return line;
    },
    since: id => ({lines: newest(nextId - 1 - id)}),
    last: newest,
    subscribe: listener => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

const sizeOf = (line: LogLine | undefined): number => (line ? Buffer.byteLength(line.text) : 0);
