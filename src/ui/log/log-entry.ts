import type {LogLine} from '../../control/events.js';
import {formatClock} from '../format.js';
import {safeText} from '../safe-text.js';
import type {Style} from '../style.js';
import {parseJsonLog, renderJsonLog} from './json-log.js';

/** Who speaks: the app on one of its streams, or tako, which may warn. */
export type LogSource = LogLine['stream'] | 'warning' | 'error';

/** One line of the log area. */
export type LogEntry = {
  readonly time: number;
  /** The app it is of. Undefined: it is about all of them. */
  readonly app: string | undefined;
  readonly source: LogSource;
  readonly text: string;
};

/** `HH:MM:SS text`, with a mark in between for what is not the app's ordinary output, and then what says whose it is. */
export function renderEntry({time, source, text}: LogEntry, style: Style, head = ''): string {
  const {mark, nextMark, paint} = lookOf(source, style);
  const [first = '', ...rest] = logText(text, style).split('\n');
  const start = style.dim(formatClock(time)) + mark + head;
  const lines = [start + paint(first), ...rest.map(line => CLOCK_GAP + nextMark + head + line)];
  return safeText(lines.join('\n'), style);
}

/** A line as it is, or its parts if it is a structured one. */
export function logText(text: string, style: Style): string {
  const log = parseJsonLog(text);
  return log ? renderJsonLog(log, style) : text;
}

const CLOCK_GAP = ' '.repeat('HH:MM:SS'.length);

type Look = {
  readonly mark: string;
  /** Before the further lines of one text. */
  readonly nextMark: string;
  readonly paint: (text: string) => string;
};

function lookOf(source: LogSource, style: Style): Look {
  switch (source) {
    case 'stdout':
      return {mark: ' ', nextMark: ' ', paint: text => text};
    case 'stderr':
      return {mark: style.red('┃'), nextMark: style.red('┃'), paint: text => text};
    case 'tako':
      return glyph(style.dim);
    case 'warning':
      return glyph(style.yellow);
    case 'error':
      return glyph(style.red);
  }
}

const glyph = (paint: (text: string) => string): Look => ({mark: paint(' ◆ '), nextMark: '   ', paint});
