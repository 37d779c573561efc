import type {Style} from '../style.js';
import {withLinks} from './links.js';
import {breakRows, renderSpans, withoutTabs} from './rows.js';
import {parseSpans} from './spans.js';

/** Breaks lines into rows of at most so many columns, with addresses as links where the terminal shows such. */
export const wrapLines = (lines: readonly string[], columns: number, style: Style): readonly string[] =>
  lines.flatMap(line =>
    parseSpans(line, style.depth)
      .flatMap(spans => breakRows(withLinks(withoutTabs(spans)), columns))
      .map(row => renderSpans(row, style)),
  );
