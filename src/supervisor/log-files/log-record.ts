// One record of an app's log, and the line of JSON it is on disk.

import type {LogStream} from '../log-buffer.js';

export type LogRecord = {
  /** Grows by one from record to record, over restarts too. */
  readonly id: number;
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** `tako`: our own words about the app. */
  readonly stream: LogStream;
  readonly text: string;
} & LogFields;

/** What is known of a record beside what it says. */
export type LogFields = {
  readonly release?: string;
  /** Which process of the app: its number, or a name. */
  readonly instance?: number | string;
  readonly level?: string;
};

/** What is appended: the rest is added as it is written. */
export type LogEntry = Omit<LogRecord, 'id' | 'time'> & {readonly time?: number};

/** Every field with what it must be; the order is that of the line. */
const FIELDS: {readonly [Name in keyof LogFields]-?: (value: unknown) => value is Exclude<LogFields[Name], undefined>} =
  {
    release: isString,
    instance: isNumberOrString,
    level: isString,
  };

/** As it stands on disk, with its line end. */
export function renderRecord({id, time, stream, text, release, instance, level}: LogRecord): string {
  return `${JSON.stringify({id, time, stream, release, instance, level, text})}\n`;
}

/** Undefined for what is no record. What a later version adds to one is left out. */
export function parseRecord(line: string): LogRecord | undefined {
  const value = parseObject(line);
  if (value === undefined) return undefined;
  const {id, time, stream, text} = value;
  if (!isCount(id) || id === 0 || !isCount(time) || !isStream(stream) || !isString(text)) return undefined;
  const fields: Record<string, unknown> = {};
  for (const [name, isValid] of Object.entries(FIELDS)) {
    if (!Object.hasOwn(value, name)) continue;
    if (!isValid(value[name])) return undefined;
    fields[name] = value[name];
  }
  return {id, time, stream, ...fields, text};
}

function parseObject(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function isString(value: unknown): value is string {
  return typeof value === 'string';
}

function isNumberOrString(value: unknown): value is number | string {
  return isString(value) || isCount(value);
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isStream = (value: unknown): value is LogStream => value === 'stdout' || value === 'stderr' || value === 'tako';
