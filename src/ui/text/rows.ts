// From a line to the rows it takes on a terminal.

import {CLOSE_LINK, openLink} from './links.js';
import {PLAIN, renderChange} from './look.js';
import type {Spans} from './spans.js';
import {columnsOf, graphemesOf, lengthWithin} from './width.js';

/** What of a line a terminal is given beside its characters. */
export type Finish = {
  readonly isColour: boolean;
  readonly hasLinks: boolean;
};

/** As escape sequences and characters; looks and links end with it. */
export function renderSpans(line: Spans, {isColour, hasLinks}: Finish): string {
  let look = PLAIN;
  let link: string | undefined;
  let text = '';
  for (const span of line) {
    if (span.text === '') continue;
    if (hasLinks && span.link !== link) text += span.link === undefined ? CLOSE_LINK : openLink(span.link);
    if (isColour) text += renderChange(look, span.look);
    text += span.text;
    ({look, link} = span);
  }
  return text + (isColour ? renderChange(look, PLAIN) : '') + (hasLinks && link !== undefined ? CLOSE_LINK : '');
}

const TAB_COLUMNS = 8;

/** Blanks instead of tabs, as many as there would be where the line began at the terminal's edge. */
export function withoutTabs(line: Spans): Spans {
  if (!line.some(({text}) => text.includes('\t'))) return line;
  let column = 0;
  return line.map(span => {
    let text = '';
    for (const part of span.text.split(/(\t)/)) {
      const columns = part === '\t' ? TAB_COLUMNS - (column % TAB_COLUMNS) : columnsOf(part);
      text += part === '\t' ? ' '.repeat(columns) : part;
      column += columns;
    }
    return {...span, text};
  });
}

/** Breaks a line without tabs into rows of at most so many columns. A character wider than all of them is left out. */
export function breakRows(line: Spans, columns: number): readonly Spans[] {
  const rows: Spans[] = [];
  let rest = line;
  for (;;) {
    const [row, others] = splitAt(rest, columns);
    if (others.length === 0) return [...rows, row];
    const isStuck = row.every(({text}) => text === '');
    if (!isStuck) rows.push(row);
    rest = isStuck ? withoutFirst(others) : others;
  }
}

/** Ends a line without tabs that has more than so many columns with `…`. */
export function cutRow(line: Spans, columns: number): Spans {
  const [row, rest] = splitAt(line, columns);
  if (rest.length === 0) return row;
  return [...splitAt(line, columns - 1)[0], {text: '…', look: PLAIN}];
}

/** What fits into so many columns, and the rest. */
function splitAt(line: Spans, columns: number): readonly [Spans, Spans] {
  let room = columns;
  for (const [place, span] of line.entries()) {
    const length = lengthWithin(span.text, room);
    if (length < span.text.length) return splitSpan(line, place, length);
    room -= columnsOf(span.text);
  }
  return [line, []];
}

function splitSpan(line: Spans, place: number, length: number): readonly [Spans, Spans] {
  const parts = line.slice(place, place + 1);
  return [
    [...line.slice(0, place), ...parts.map(span => ({...span, text: span.text.slice(0, length)}))],
    [...parts.map(span => ({...span, text: span.text.slice(length)})), ...line.slice(place + 1)],
  ];
}

function withoutFirst([first, ...others]: Spans): Spans {
  const [grapheme] = graphemesOf(first?.text ?? '');
  return first && grapheme ? [{...first, text: first.text.slice(grapheme.text.length)}, ...others] : others;
}
