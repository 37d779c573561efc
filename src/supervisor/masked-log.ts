import type {LogBuffer} from './log-buffer.js';

/** The log as it is, but what is appended has passed `mask`: nothing else reaches who listens, or a file. */
export const maskLog = (log: LogBuffer, mask: (text: string) => string): LogBuffer => ({
  ...log,
  get lastId() {
    return log.lastId;
  },
  append: (stream, text, details) => log.append(stream, mask(text), details),
});
