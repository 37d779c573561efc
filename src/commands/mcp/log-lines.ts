import type {ControlClient} from '../../control/client.js';
import type {LogLine} from '../../control/events.js';
import {safeText} from '../../ui/safe-text.js';

/** The most lines of one answer: what is longer is for `tako logs`. */
export const MAX_LINES = 500;

/** Of one answer, in characters: some 16,000 tokens of a model. */
const MAX_LENGTH = 64 * 1024;
/** Of one line. */
const MAX_LINE_LENGTH = 4 * 1024;

/** The newest are looked through: all that is on disk would be a hundred thousand. */
const NEWEST = 5_000;

/** The newest lines of an app, oldest first. Throws NO_SUCH_APP. */
export async function readLines(client: ControlClient, name: string): Promise<readonly LogLine[]> {
  const lines: LogLine[] = [];
  await client.call(
    'logs',
    {name, count: NEWEST, follow: false},
    {
      onEvent: event => void (event.type === 'log' && lines.push(event.line)),
    },
  );
  return lines;
}

/** The newest of them that fit in an answer; a long one is cut, and colours are left out. */
export function boundLines(lines: readonly LogLine[]): {
  readonly lines: readonly LogLine[];
  /** Older lines that did not fit. */
  readonly omitted: number;
} {
  const kept: LogLine[] = [];
  let length = 0;
  for (const line of lines.toReversed()) {
    const cut = cutText(safeText(line.text, {isColour: false}), MAX_LINE_LENGTH);
    length += cut.length;
    if (length > MAX_LENGTH) break;
    kept.unshift({...line, text: cut});
  }
  return {lines: kept, omitted: lines.length - kept.length};
}

/** The beginning of a text that is longer, and how much is missing. */
export const cutText = (text: string, limit: number): string =>
  text.length <= limit ? text : `${text.slice(0, limit)}… (${text.length - limit} more characters)`;
