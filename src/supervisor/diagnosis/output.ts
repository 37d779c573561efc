// An app's output, made ready to be searched and quoted. It is not to be trusted: it may be as long as its writer likes,
// and try to look like something else on the screen.

import {stripVTControlCharacters} from 'node:util';

/** Lines that are searched, the newest: a stack of Node's ten frames with all around it has about 25. */
export const MAX_OUTPUT_LINES = 200;

/** What is searched of one line: room for a long path and a message. */
export const MAX_LINE_CHARACTERS = 1_000;

/** What is quoted of the output in one place: two lines of a terminal. */
export const MAX_QUOTE_CHARACTERS = 200;

/** The newest lines without colours, control characters, and marks that change the direction of writing. */
export const readOutput = (lines: readonly string[]): readonly string[] =>
  lines.slice(-MAX_OUTPUT_LINES).map(line => withoutControls(line.slice(0, MAX_LINE_CHARACTERS)));

/** For the middle of a message: one line, bounded, and nothing in it that a terminal acts on. */
export function quote(text: string): string {
  const clean = withoutControls(text).trim();
  return clean.length > MAX_QUOTE_CHARACTERS ? `${clean.slice(0, MAX_QUOTE_CHARACTERS - 1)}…` : clean;
}

const withoutControls = (text: string): string =>
  stripVTControlCharacters(text).replaceAll('\t', '    ').replace(UNSAFE, '');

/** Control characters, and by Unicode's UAX #9 and #14: directional marks, line and paragraph separators. */
const UNSAFE = /[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;
