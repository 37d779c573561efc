import type {LogEntry} from './log-entry.js';

/** What belongs together of one app: a line, or a stack trace with what it is of. Searched, filtered and repeated as one. */
export type LogBlock = {
  /** Grows with each block of a buffer; a block that has grown keeps its own. */
  readonly id: number;
  /** At least one, of the same app and source, in order. */
  readonly entries: readonly [LogEntry, ...LogEntry[]];
};
