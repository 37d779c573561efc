import type {LogLine} from '../../control/events.js';
import type {Style} from '../style.js';
import {parseJsonLog, renderJsonLog} from './json-log.js';
import type {LogLevel} from './log-level.js';

/** Who speaks: the app on one of its streams, or tako, which may warn. */
export type LogSource = LogLine['stream'] | 'warning' | 'error';

/** One line of the log area. */
export type LogEntry = {
  readonly time: number;
  /** The app it is of. Undefined: it is about all of them. */
  readonly app: string | undefined;
  readonly source: LogSource;
  /** What tako says may have several lines. */
  readonly text: string;
  /** What the app says of it, if it does. */
  readonly level?: LogLevel | undefined;
};

/** A line as it is, or its parts if it is a structured one. */
export function logText(text: string, style: Style): string {
  const log = parseJsonLog(text);
  return log ? renderJsonLog(log, style) : text;
}
