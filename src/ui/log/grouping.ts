import {stripVTControlCharacters} from 'node:util';
import type {LogEntry} from './log-entry.js';
import {isErrorLine, readTrace, type Trace} from './traces.js';

export type Grouped = {
  /** Whether it belongs to what the same stream of the same app said last. */
  readonly joins: boolean;
  /** Whether the next line of that stream may belong to it. */
  readonly mayGoOn: boolean;
};

/** What is read of a line, in characters: no line of a trace is longer, and patterns may go back over it. */
const MAX_READ = 1_000;
/** The lines of one trace are written at once; a longer pause is between two things. */
const MAX_PAUSE_MS = 1_000;
/** Deep recursion fills Node's ten, Python's thousand. What is beyond stands for itself. */
const MAX_BLOCK_LINES = 200;

/** Says of each line, in the order in which they come, whether it goes on what was said before. */
export function createGrouping(): (entry: LogEntry) => Grouped {
  const streams = new Map<string, {trace: Trace | undefined; time: number; lines: number}>();
  return ({app, source, time, text}) => {
    if (app === undefined || (source !== 'stdout' && source !== 'stderr')) return {joins: false, mayGoOn: false};
    const line = stripVTControlCharacters(text.slice(0, MAX_READ)).trimEnd();
    const last = streams.get(`${source} ${app}`);
    const isOver = !last || last.lines >= MAX_BLOCK_LINES || time - last.time > MAX_PAUSE_MS;
    const {trace, joins} = readTrace(isOver ? undefined : last.trace, line);
    const isJoined = joins && !isOver;
    streams.set(`${source} ${app}`, {trace, time, lines: isJoined ? last.lines + 1 : 1});
    return {joins: isJoined, mayGoOn: trace !== undefined || isErrorLine(line)};
  };
}
