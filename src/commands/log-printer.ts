// Log lines on stdout, of apps on this machine and on servers alike.

import {once} from 'node:events';
import type {LogLine} from '../control/events.js';
import {systemClock} from '../system/clock.js';
import {safeText} from '../ui/safe-text.js';
import {createStyle, hasColour, type Style} from '../ui/style.js';

export type PrintedLine = Pick<LogLine, 'time' | 'stream' | 'level' | 'text'> & {
  /** Where it is from, in words; none where that is clear. */
  readonly source: readonly string[];
  /** What it is for programs. */
  readonly document: object;
};

export type LogPrinter = {
  /** Resolves when whoever reads has room for more. */
  print(line: PrintedLine): Promise<void>;
  /** Aborted when nobody reads any more. */
  readonly signal: AbortSignal;
};

/** Prints to stdout: one line each, or with `json` one document. */
export function createLogPrinter({json = false}: {readonly json?: boolean | undefined}): LogPrinter {
  const {stdout} = process;
  const style = createStyle({isColour: hasColour(stdout, process.env)});
  const gone = new AbortController();
  stdout.once('error', () => gone.abort());
  return {
    signal: gone.signal,
    async print(line) {
      if (gone.signal.aborted) return;
      const text = json ? JSON.stringify(line.document) : renderLogLine(line, style, systemClock.now());
      if (stdout.write(`${text}\n`)) return;
      await once(stdout, 'drain', {signal: gone.signal}).catch(() => undefined);
    },
  };
}

/** `10:02:03 web | text`, with the date where it is not today's. The time tells in colour how serious it is. */
export function renderLogLine({time, stream, level, text, source}: PrintedLine, style: Style, now: number): string {
  const clock = paintOf(level, style)(formatTime(time, now));
  const words = stream === 'tako' ? [...source, 'tako'] : source;
  const head = words.length === 0 ? '' : `${style.dim(`${words.join(' ')} |`)} `;
  return `${clock} ${head}${safeText(text, style)}`;
}

function paintOf(level: LogLine['level'], {dim, yellow, red}: Style): (text: string) => string {
  if (level === 'warning') return yellow;
  return level === 'error' || level === 'fatal' ? red : dim;
}

/** In this machine's time zone. */
function formatTime(time: number, now: number): string {
  const [date, clock] = localTime(time);
  return date === localTime(now)[0] ? clock : `${date} ${clock}`;
}

function localTime(time: number): readonly [date: string, clock: string] {
  const date = new Date(time);
  const days = [date.getFullYear(), date.getMonth() + 1, date.getDate()];
  const hours = [date.getHours(), date.getMinutes(), date.getSeconds()];
  const twoDigits = (number: number): string => String(number).padStart(2, '0');
  return [days.map(twoDigits).join('-'), hours.map(twoDigits).join(':')];
}
