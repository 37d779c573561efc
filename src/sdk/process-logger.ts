import {
  createLogger,
  LOG_LEVELS,
  type LogEntry,
  type Logger,
  type LogLevel,
  renderJsonEntry,
  renderTextEntry,
} from './logger.js';

/**
 * The logger of this process: to a terminal as text, else as lines of JSON, which tako shows as level, message and fields.
 * LOG_LEVEL says what is dropped; without it, in development nothing, else what is below `info`.
 */
export const createProcessLogger = (isDev: boolean): Logger =>
  createLogger({scope: 'app', level: levelOf(process.env.LOG_LEVEL) ?? (isDev ? 'debug' : 'info'), write: writeEntry});

const levelOf = (word: string | undefined): LogLevel | undefined =>
  LOG_LEVELS.find(level => level === word?.toLowerCase());

function writeEntry(entry: LogEntry): void {
  const line = process.stdout.isTTY ? renderTextEntry(entry) : renderJsonEntry(entry);
  process.stdout.write(`${line}\n`);
}
