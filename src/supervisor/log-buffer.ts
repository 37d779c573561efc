import type {Clock} from '../system/clock.js';

export type LogStream = 'stdout' | 'stderr' | 'tako';

export type LogLine = {
  /** Grows from 1 and is never given twice, also not after older lines have been dropped. */
  readonly id: number;
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly stream: LogStream;
  readonly text: string;
  /** Which process of the app it is from or about. */
  readonly instance?: string;
};

export type LogLimits = {readonly maxLines: number; readonly maxBytes: number};

export const LOG_LIMITS: LogLimits = {maxLines: 2_000, maxBytes: 4 * 1024 * 1024};

/** The newest lines of one app. */
export type LogBuffer = {
  append(stream: LogStream, text: string, instance?: string): LogLine;
  /** The lines after `id`. `isTruncated` when some of them have been dropped. */
  since(id: number): {readonly lines: readonly LogLine[]; readonly isTruncated: boolean};
  last(count: number): readonly LogLine[];
  /** Calls the listener with each line to come, until the returned function is called. */
  subscribe(listener: (line: LogLine) => void): () => void;
};

export function createLogBuffer(clock: Clock, limits: LogLimits = LOG_LIMITS): LogBuffer {
  const lines: LogLine[] = [];
  const listeners = new Set<(line: LogLine) => void>();
  let nextId = 1;
  let bytes = 0;

  const dropOldest = (): void => {
    while (lines.length > limits.maxLines || bytes > limits.maxBytes) bytes -= sizeOf(lines.shift());
  };
  return {
    append: (stream, text, instance) => {
      const line = {id: nextId++, time: clock.now(), stream, text, ...(instance === undefined ? {} : {instance})};
      lines.push(line);
      bytes += sizeOf(line);
      dropOldest();
      for (const listener of listeners) listener(line);
      return line;
    },
    since: id => ({
      lines: lines.filter(line => line.id > id),
      isTruncated: id + 1 < (lines[0]?.id ?? nextId),
    }),
    last: count => (count > 0 ? lines.slice(-count) : []),
    subscribe: listener => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

const sizeOf = (line: LogLine | undefined): number => (line ? Buffer.byteLength(line.text) : 0);
