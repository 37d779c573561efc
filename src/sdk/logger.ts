import {renderError} from './error.js';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What is told beside the message. Errors are told with their stack. */
export type LogFields = Readonly<Record<string, unknown>>;

export type Logger = {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A logger of a part of the app. Its fields are told with each of its messages, beside those of this one. */
  child(scope: string, fields?: LogFields): Logger;
};

export type LogEntry = {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly level: LogLevel;
  readonly scope: string;
  readonly message: string;
  readonly fields: LogFields;
};

export type LoggerOptions = {
  readonly scope: string;
  readonly fields?: LogFields;
  /** Messages below it are dropped. */
  readonly level: LogLevel;
  readonly write: (entry: LogEntry) => void;
};

/** A logger never throws for what it is given. */
export function createLogger({scope, fields = {}, level, write}: LoggerOptions): Logger {
  const log =
    (own: LogLevel) =>
    (message: string, more: LogFields = {}): void => {
      if (LOG_LEVELS.indexOf(own) < LOG_LEVELS.indexOf(level)) return;
      write({time: Date.now(), level: own, scope, message: String(message), fields: {...fields, ...more}});
    };
  return {
    debug: log('debug'),
    info: log('info'),
    warn: log('warn'),
    error: log('error'),
    child: (childScope, childFields = {}) =>
      createLogger({scope: childScope, fields: {...fields, ...childFields}, level, write}),
  };
}

/** One line of JSON: `ts`, `level`, `scope`, `msg`, and `fields` where there are any. */
export function renderJsonEntry({time, level, scope, message, fields}: LogEntry): string {
  const told = Object.keys(fields).length === 0 ? {} : {fields};
  return stringify({ts: time, level, scope, msg: message, ...told});
}

/** For a terminal: `12:30:05 warn db: the pool is full  size=10`. */
export function renderTextEntry({time, level, scope, message, fields}: LogEntry): string {
  const clock = new Date(time).toTimeString().slice(0, 8);
  const told = Object.entries(fields).map(([name, value]) => `  ${name}=${renderValue(value)}`);
  return `${clock} ${level.padEnd(5)} ${scope}: ${message}${told.join('')}`;
}

const renderValue = (value: unknown): string =>
  value instanceof Error ? renderError(value) : typeof value === 'string' ? value : stringify(value);

/** JSON of anything: circles are cut, big numbers are text, and what refuses to be read says so. */
function stringify(value: unknown): string {
  const ancestors: object[] = [];
  const replace = function (this: unknown, _: string, inner: unknown): unknown {
    if (typeof inner === 'bigint') return inner.toString();
    if (typeof inner !== 'object' || inner === null) return inner;
    // `this` is what holds the value: all behind it in the list has been left again.
    while (ancestors.length > 0 && ancestors.at(-1) !== this) ancestors.pop();
    if (ancestors.includes(inner)) return '[Circular]';
    const plain = inner instanceof Error ? describeError(inner) : inner;
    ancestors.push(plain);
    return plain;
  };
  try {
    return JSON.stringify(value, replace) ?? String(value);
  } catch (error) {
    return JSON.stringify({msg: `could not be logged: ${String(error)}`});
  }
}

const describeError = (error: Error): object => ({
  ...error,
  name: error.name,
  message: error.message,
  stack: error.stack,
  ...(error.cause === undefined ? {} : {cause: error.cause}),
});
