import {createStyle} from '../style.js';
import {type LogEntry, logText} from './log-entry.js';

/** What belongs together of one app: a line, or a stack trace with what it is of. Searched, filtered and repeated as one. */
export type LogBlock = {
  /** Grows with each block of a log; a block that has grown keeps its own. */
  readonly id: number;
  /** At least one, of the same app and source, in order. */
  readonly entries: readonly [LogEntry, ...LogEntry[]];
};

/** The same for two blocks that say the same, whenever they do. */
export function blockKey({entries}: LogBlock): string {
  const [{app, source}] = entries;
  return JSON.stringify([app, source, ...entries.map(({text}) => logText(text, PLAIN_STYLE))]);
}

const PLAIN_STYLE = createStyle({isColour: false});
