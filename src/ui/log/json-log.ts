// Log lines that are JSON: those of the Tako SDKs, pino, bunyan, winston, zap, slog, zerolog, logrus, Rust's tracing, Python's
// JSON formatters, Serilog, Google Cloud and the Elastic Common Schema. They agree on little but that there is a message.

import type {Style} from '../style.js';

/** What such a line says. Its time is left out, and what is the same in all lines of a process. */
export type JsonLog = {
  /** As the app calls it, in lower case; '' if it is not said. */
  readonly level: string;
  /** The part of the app that speaks; '' if that is not said. */
  readonly scope: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
  /** Stack traces, each of several lines. */
  readonly stacks: readonly string[];
};

const MESSAGE_KEYS = ['msg', 'message', '@m', '@mt', 'event'];
const LEVEL_KEYS = ['level', 'severity', 'log.level', 'levelname', 'lvl', '@l'];
const SCOPE_KEYS = ['scope', 'logger', 'log.logger', 'target', 'label', 'name', 'module'];
const TIME_KEYS = ['ts', 'time', 'timestamp', '@timestamp', '@t', 'asctime'];
const STACK_KEYS = ['stack', 'stacktrace', 'stack_trace', 'error.stack_trace', 'exc_info', '@x'];
/** The same in all lines of a process, or of no use to who reads them. */
const NOISE_KEYS = ['pid', 'hostname', 'v', 'ecs.version', 'levelno'];

/** Nothing for a line that is something else, which is then shown as it is. */
export function parseJsonLog(text: string): JsonLog | undefined {
  if (!text.startsWith('{')) return undefined;
  const {fields: nested, log, ...rest} = parseObject(text);
  const record = {...withDots('log', log), ...rest, ...asRecord(nested)};
  const isLog = [...LEVEL_KEYS, ...TIME_KEYS].some(key => key in record);
  const message = takeText(record, MESSAGE_KEYS);
  if (message === undefined || !isLog) return undefined;
  const level = readLevel(take(record, LEVEL_KEYS));
  const scope = takeText(record, SCOPE_KEYS) ?? '';
  const stacks = takeStacks(record);
  for (const key of [...TIME_KEYS, ...NOISE_KEYS]) delete record[key];
  return {level, scope, message, fields: record, stacks};
}

/** `level scope message key=value`, every part that is there, and below it the traces, indented. */
export function renderJsonLog({level, scope, message, fields, stacks}: JsonLog, style: Style): string {
  const pairs = Object.entries(fields).map(([key, value]) => style.dim(`${key}=${renderValue(value)}`));
  const words = [level && paintLevel(level, style), scope && style.cyan(scope), message, ...pairs];
  const traces = stacks.flatMap(stack => stack.trimEnd().split('\n')).map(line => `  ${line}`);
  return [words.filter(Boolean).join(' '), ...traces].join('\n');
}

function parseObject(text: string): Record<string, unknown> {
  try {
    return asRecord(JSON.parse(text));
  } catch {
    return {};
  }
}

const asRecord = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};

/** What ECS writes as `{"log": {"level": …}}` or as `{"log.level": …}`. What is no object stays as it is. */
const withDots = (name: string, value: unknown): Record<string, unknown> => {
  const entries = Object.entries(asRecord(value));
  if (entries.length === 0) return value === undefined ? {} : {[name]: value};
  return Object.fromEntries(entries.map(([key, part]) => [`${name}.${key}`, part]));
};

/** The first of the keys that is there, out of the record. */
function take(record: Record<string, unknown>, keys: readonly string[]): unknown {
  const key = keys.find(key => record[key] !== undefined && record[key] !== null);
  if (key === undefined) return undefined;
  const value = record[key];
  delete record[key];
  return value;
}

function takeText(record: Record<string, unknown>, keys: readonly string[]): string | undefined {
  const key = keys.find(key => typeof record[key] === 'string');
  return key === undefined ? undefined : (take(record, [key]) as string);
}

/** An error's own message is in its trace. */
function takeStacks(record: Record<string, unknown>): readonly string[] {
  const own = STACK_KEYS.filter(key => isStack(record[key])).map(key => take(record, [key]) as string);
  const errors = Object.entries(record).filter(([, value]) => isStack(stackOf(value)));
  for (const [key] of errors) delete record[key];
  return [...own, ...errors.map(([, value]) => stackOf(value) as string)];
}

const stackOf = (value: unknown): unknown => asRecord(value).stack ?? asRecord(value).stack_trace;
const isStack = (value: unknown): boolean => typeof value === 'string' && value.includes('\n');

/** Numbers are pino's and bunyan's. */
function readLevel(value: unknown): string {
  if (typeof value === 'string') return value.toLowerCase();
  return typeof value === 'number' ? (NUMBERED.get(value) ?? String(value)) : '';
}

const NUMBERED = new Map([
  [10, 'trace'],
  [20, 'debug'],
  [30, 'info'],
  [40, 'warn'],
  [50, 'error'],
  [60, 'fatal'],
]);

function paintLevel(level: string, style: Style): string {
  switch (level) {
    case 'trace':
    case 'debug':
      return style.dim(level);
    case 'info':
      return style.green(level);
    case 'warn':
    case 'warning':
      return style.yellow(level);
    case 'error':
    case 'fatal':
      return style.red(level);
    default:
      return style.bold(level);
  }
}

/** A whole request, with its headers, is no field to read in a line. */
const MAX_VALUE = 200;

/** A word as it is, anything else as JSON; of an error only what it says. */
function renderValue(value: unknown): string {
  if (typeof value === 'string' && /^[^\s"=]+$/.test(value)) return cutValue(value);
  const {message} = asRecord(value);
  return cutValue(JSON.stringify(typeof message === 'string' ? message : value) ?? 'undefined');
}

const cutValue = (text: string): string => (text.length > MAX_VALUE ? `${text.slice(0, MAX_VALUE)}…` : text);
