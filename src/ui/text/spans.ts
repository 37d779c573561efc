// Text from outside, read into what is safe to show: characters and how they look. All else that a terminal would act on is
// gone: what moves the cursor, erases, retitles, asks it something, changes its modes, its character set or the direction of
// writing. An app's lines arrive clean, but a JSON line may spell an escape sequence as \u001b and so hide it until it is
// parsed; and other text, such as a message of a server, comes as it is.

import {type ColourDepth, type Look, lookAfter, PLAIN} from './look.js';

/** Characters that look alike. No control character is among them but the tab. */
export type Span = {readonly text: string; readonly look: Look; readonly link?: string};

/** One line. */
export type Spans = readonly Span[];

/** Few combining characters of a script stand on one letter; hundreds of them would be written over the lines around. */
const MAX_MARKS = 8;

/** The lines of a text; the look goes on from one to the next. */
export function parseSpans(text: string, depth: ColourDepth): readonly Spans[] {
  if (/^[\x20-\x7e]*$/.test(text)) return [[{text, look: PLAIN}]];
  const lines: Span[][] = [];
  let line: Span[] = [];
  let look = PLAIN;
  let isReturned = false;
  const put = (characters: string): void => {
    // A carriage return begins the line anew, as a progress bar does; the last one may just end it.
    if (isReturned) line = [];
    isReturned = false;
    line.push({text: characters, look});
  };
  for (const {groups = {}} of text.matchAll(TOKEN)) {
    const {characters, colour, control} = groups;
    if (characters !== undefined) put(clean(characters));
    else if (colour !== undefined) look = lookAfter(look, colour, depth);
    else if (control === '\t') put('\t');
    else if (control === '\r') isReturned = true;
    else if (control === '\b') line = withoutLast(line);
    else if (control === '\n') {
      lines.push(line);
      line = [];
      isReturned = false;
    }
  }
  return [...lines, line];
}

/** ECMA-48, 5.4: control sequences; what has no end yet, or a wrong one, has nothing to show either. */
const CONTROL_SEQUENCE = String.raw`(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?`;
/**
 * ECMA-48, 5.6 and 8.3.27, 8.3.89, 8.3.94, 8.3.2, 8.3.143: strings to the terminal, whole. Of one without an end, which would
 * swallow all that follows, only the beginning is taken away.
 */
const STRING = String.raw`(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])(?:[^\x00-\x1f\x7f-\x9f]*(?:\x07|\x1b\\|\x9c))?`;
/** ECMA-35, 13.2: resets, character sets, keypad modes. */
const ESCAPE = String.raw`\x1b[ -/]*[0-~]?`;
const TOKEN = new RegExp(
  [
    String.raw`(?<characters>[^\x00-\x1f\x7f-\x9f]+)`,
    String.raw`(?:\x1b\[|\x9b)(?<colour>[\d;:]*)m`,
    CONTROL_SEQUENCE,
    STRING,
    ESCAPE,
    String.raw`(?<control>[\x00-\x1f\x7f-\x9f])`,
  ].join('|'),
  'g',
);

/**
 * Characters that show nothing but change what others show: marks of direction (Unicode's UAX #9), line separators, and such
 * that only hide something (soft hyphen, zero width space, invisible operators, tags). Joiners stay, emoji need them.
 */
const INVISIBLE =
  /[\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;
const TOO_MANY_MARKS = new RegExp(String.raw`(\p{Mark}{${MAX_MARKS}})\p{Mark}+`, 'gu');

const clean = (characters: string): string =>
  /^[\x20-\x7e]*$/.test(characters)
    ? characters
    : characters.toWellFormed().replace(INVISIBLE, '').replace(TOO_MANY_MARKS, '$1');

function withoutLast(line: readonly Span[]): Span[] {
  const place = line.findLastIndex(({text}) => text !== '');
  return line.map((span, index) => (index === place ? {...span, text: span.text.replace(/.$/su, '')} : span));
}
