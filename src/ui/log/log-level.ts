import type {LogLevel} from '../../control/events.js';

export type {LogLevel};

/** How much a line matters, from least to most. */
export const LOG_LEVELS: readonly LogLevel[] = ['trace', 'debug', 'info', 'warning', 'error', 'fatal'];

/** Whether it matters at least as much as that. A line that says nothing of it is one like most: `info`. */
export const isAtLeast = (level: LogLevel | undefined, least: LogLevel): boolean =>
  LOG_LEVELS.indexOf(level ?? 'info') >= LOG_LEVELS.indexOf(least);
