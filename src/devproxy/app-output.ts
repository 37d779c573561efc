import type {LogBuffer} from '../supervisor/log-buffer.js';

/** Where the reason of a crash is looked for. */
const CRASH_LINES = 200;

/** The newest lines that the app wrote itself, oldest first. */
export const outputOf = (logs: LogBuffer): string[] =>
  logs
    .last(CRASH_LINES * 2)
    .filter(({stream}) => stream !== 'tako')
    .slice(-CRASH_LINES)
    .map(({text}) => text);
