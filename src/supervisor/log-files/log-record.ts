// One record of an app's log, and the line of JSON it is on disk.

import type {LogStream} from '../log-buffer.js';
import {isLogLevel, type LogLevel} from '../log-level.js';

export type LogRecord = {
  /** Grows from record to record, over restarts too: by one, where whoever appends has no ids of their own. */
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
  readonly level?: LogLevel | undefined;
  /** It stands for so many that came too fast to be kept. */
  readonly dropped?: number;
};

/** What is appended: the rest is added as it is written. Ids that are given grow; all records of a log have one, or none. */
export type LogEntry = Omit<LogRecord, 'id' | 'time'> & {readonly id?: number; readonly time?: number};

/** Every field with what it must be; the order is that of the line. */
const FIELDS: {readonly [Name in keyof LogFields]-?: (value: unknown) => boolean} = {
  release: isString,
  instance: isNumberOrString,
  level: isString,
  dropped: isCount,
};

/** As it stands on disk, with its line end. */
export function renderRecord({id, time, stream, text, release, instance, level, dropped}: LogRecord): string {
  return `${JSON.stringify({id, time, stream, release, instance, level, dropped, text})}\n`;
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
  // One that a later version knows is as good as none.
  if (!isLogLevel(fields.level)) delete fields.level;
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

function isNumberOrString(value: unknown): boolean {
  return isString(value) || isCount(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

const isStream = (value: unknown): value is LogStream => value === 'stdout' || value === 'stderr' || value === 'tako';
