// How many columns characters take on a terminal.

const segmenter = new Intl.Segmenter(undefined, {granularity: 'grapheme'});

export type Grapheme = {readonly text: string; readonly columns: number};

/** What a reader takes for single characters. The text has no control characters. */
export function* graphemesOf(text: string): Generator<Grapheme> {
  if (isAscii(text)) {
    for (const character of text) yield {text: character, columns: 1};
    return;
  }
  for (const {segment} of segmenter.segment(text)) yield {text: segment, columns: graphemeColumns(segment)};
}

/** The columns of a text without control characters. */
export function columnsOf(text: string): number {
  if (isAscii(text)) return text.length;
  let columns = 0;
  for (const grapheme of graphemesOf(text)) columns += grapheme.columns;
  return columns;
}

/** How much of a text, as a number of its UTF-16 units, so many columns take. */
export function lengthWithin(text: string, columns: number): number {
  if (isAscii(text)) return Math.min(text.length, Math.max(0, columns));
  let length = 0;
  let room = columns;
  for (const grapheme of graphemesOf(text)) {
    room -= grapheme.columns;
    if (room < 0) break;
    length += grapheme.text.length;
  }
  return length;
}

const isAscii = (text: string): boolean => /^[\x20-\x7e]*$/.test(text);

const EMOJI = /^\p{RGI_Emoji}$/v;
/** Joined emoji that no font need have as one; most have, and take two columns. */
const JOINED_EMOJI = /^\p{Extended_Pictographic}.*\u200d\p{Extended_Pictographic}/u;
/** A Korean syllable in its two or three parts. */
const SYLLABLE = /^[\u1100-\u115f\ua960-\ua97c][\u1160-\u11a7\ud7b0-\ud7c6][\u11a8-\u11ff\ud7cb-\ud7fb]?$/;
/** Marks and joiners. */
const NO_COLUMN = /^[\p{Default_Ignorable_Code_Point}\p{Nonspacing_Mark}\p{Enclosing_Mark}]$/u;
/** Unicode's UAX #11: East Asian Wide and Fullwidth, with what is not assigned between them. */
const WIDE =
  /^[\u1100-\u115f\u2329\u232a\u2630-\u2637\u268a-\u268f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6b\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18dff}\u{1aff0}-\u{1b2ff}\u{1d300}-\u{1d376}\u{1f200}-\u{1f2ff}\u{20000}-\u{3fffd}]|^\p{Emoji_Presentation}/u;

/** Emoji and syllables take two columns, all others what their parts take: where terminals differ, rather too many than too few. */
function graphemeColumns(grapheme: string): number {
  if (EMOJI.test(grapheme) || JOINED_EMOJI.test(grapheme) || SYLLABLE.test(grapheme)) return 2;
  let columns = 0;
  for (const character of grapheme) columns += NO_COLUMN.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
  return columns;
}
