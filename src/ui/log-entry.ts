import type {LogLine} from '../control/events.js';
import {formatClock} from './format.js';
import {parseJsonLog, renderJsonLog} from './json-log.js';
import {safeText} from './safe-text.js';
import type {Style} from './style.js';

/** Who speaks: the app on one of its streams, or tako, which may warn. */
export type LogSource = LogLine['stream'] | 'warning' | 'error';

/** One line of the log area. */
export type LogEntry = {readonly time: number; readonly source: LogSource; readonly text: string};

/** `HH:MM:SS text`, with a mark in between for what is not the app's ordinary output. */
export function renderEntry({time, source, text}: LogEntry, style: Style): string {
  const {mark, paint} = lookOf(source, style);
  const lines = safeText(paint(logText(text, style)), style).split('\n');
  return lines.map((line, index) => (index === 0 ? style.dim(formatClock(time)) : CLOCK_GAP) + mark + line).join('\n');
}

/** A line as it is, or its parts if it is a structured one. */
export function logText(text: string, style: Style): string {
  const log = parseJsonLog(text);
  return log ? renderJsonLog(log, style) : text;
}

const CLOCK_GAP = ' '.repeat('HH:MM:SS'.length);

type Look = {readonly mark: string; readonly paint: (text: string) => string};

function lookOf(source: LogSource, style: Style): Look {
  const asIs = (text: string): string => text;
  switch (source) {
    case 'stdout':
      return {mark: ' ', paint: asIs};
    case 'stderr':
      return {mark: style.red('┃'), paint: asIs};
    case 'tako':
      return {mark: ` ${style.dim('◆')} `, paint: style.dim};
    case 'warning':
      return {mark: ` ${style.yellow('◆')} `, paint: style.yellow};
    case 'error':
      return {mark: ` ${style.red('◆')} `, paint: style.red};
  }
}
