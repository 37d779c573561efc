import type {LogBuffer} from '../supervisor/log-buffer.js';

/** Where the reason of a crash is looked for. */
const CRASH_LINES = 200;

/** The newest lines that the app wrote itself since then, in milliseconds since the epoch, oldest first. */
export const outputOf = (logs: LogBuffer, since: number): string[] =>
  logs
    .last(CRASH_LINES * 2)
    .filter(({stream, time}) => stream !== 'tako' && time >= since)
    .slice(-CRASH_LINES)
    .map(({text}) => text);
