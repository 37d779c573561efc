// What `tako logs` is asked for, of apps on this machine and on servers alike.

import {LOG_LEVELS, type LogLevel, levelOfWord} from '../supervisor/log-level.js';
import {TakoError} from '../system/error.js';

export type LogFlags = {
  readonly follow?: boolean;
  /** Left out: 200, or all with `--since`. */
  readonly lines?: number;
  /** `10m`: as long ago. */
  readonly since?: string;
  readonly grep?: string;
  readonly level?: string;
  readonly instance?: string;
  readonly json?: boolean;
};

export type WantedLines = {
  /** Undefined: all. */
  readonly count: number | undefined;
  /** In milliseconds since the epoch. Undefined: from the beginning. */
  readonly since: number | undefined;
  readonly level: LogLevel | undefined;
  readonly instance: string | undefined;
  /** Undefined: any text will do. */
  readonly pattern: RegExp | undefined;
  readonly isFollowed: boolean;
};

const DEFAULT_LINES = 200;

/** Throws BAD_DURATION, BAD_LEVEL and BAD_PATTERN. */
export function parseLogFlags(flags: LogFlags, now: number): WantedLines {
  const {lines, since, grep, level, instance, follow = false} = flags;
  return {
    count: lines ?? (since === undefined ? DEFAULT_LINES : undefined),
    since: since === undefined ? undefined : now - durationOf(since),
    level: level === undefined ? undefined : levelOf(level),
    instance,
    pattern: grep === undefined ? undefined : patternOf(grep),
    isFollowed: follow,
  };
}

const UNITS: Readonly<Record<string, number>> = {s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000};

function durationOf(text: string): number {
  const [, digits = '', unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const ms = Number(digits) * (UNITS[unit] ?? 0);
  if (ms === 0) throw new TakoError('BAD_DURATION', `"${text}" is not a duration`, {hint: 'write it as 10m, 2h or 3d'});
  return ms;
}

function levelOf(text: string): LogLevel {
  const level = levelOfWord(text);
  if (level !== undefined) return level;
  throw new TakoError('BAD_LEVEL', `"${text}" is not a level`, {hint: `there are: ${LOG_LEVELS.join(', ')}`});
}

/** As journalctl takes it: capitals matter where there are any. Of all that tako runs, only this command does. */
function patternOf(text: string): RegExp {
  try {
    return new RegExp(text, /[A-Z]/.test(text) ? '' : 'i');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.replace(/^Invalid regular expression: /, '') : '';
    throw new TakoError('BAD_PATTERN', `--grep takes a regular expression: ${reason}`, {
      hint: 'a backslash before a sign means the sign itself, as in "what\\?"',
      cause,
    });
  }
}
