/** How much a line matters, from least to most. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warning', 'error', 'fatal'] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

/** Whether it matters at least as much as that. A line that says nothing of it is one like most: `info`. */
export const isAtLeast = (level: LogLevel | undefined, least: LogLevel): boolean =>
  LOG_LEVELS.indexOf(level ?? 'info') >= LOG_LEVELS.indexOf(least);
