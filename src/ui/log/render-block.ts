import type {Style} from '../style.js';
import {changeRange, withLinks} from '../text/links.js';
import {breakRows, cutRow, renderSpans, withoutTabs} from '../text/rows.js';
import {parseSpans, type Spans} from '../text/spans.js';
import type {LogBlock} from './log-block.js';
import {type LogEntry, logText} from './log-entry.js';
import {createLogHeads} from './log-heads.js';
import {placesOf} from './log-search.js';
import type {LogView} from './log-view.js';

export type BlockRenderer = {
  /** The rows of a block, without newlines. */
  render(block: LogBlock): readonly string[];
  /** Stands below a block that was said so many times. */
  renderRepeats(block: LogBlock, count: number): string;
};

/** What an app says in one line, a stack trace in JSON among it. */
const MAX_ENTRY_LINES = 200;

export function createBlockRenderer(view: LogView): BlockRenderer {
  const {style} = view;
  const heads = createLogHeads(view);
  // Less has no room for a character of two columns.
  const columns = Math.max(2, view.columns - heads.columns);

  const renderEntry = (entry: LogEntry): readonly string[] =>
    linesOf(entry, style).flatMap((line, place) => {
      const marked = marksOf(withLinks(withoutTabs(line)), view.search);
      return rowsOf(marked, view.wrap, columns).map((row, rowPlace) => {
        const head = rowPlace > 0 || (place > 0 && isOwn(entry)) ? heads.further(entry) : heads.first(entry);
        return head + paintOwn(entry, place, renderSpans(row, style), style);
      });
    });
  return {
    render: ({entries}) => entries.flatMap(renderEntry),
    renderRepeats: ({entries}, count) => {
      const what = entries.length > 1 ? `last ${entries.length} lines` : 'last line';
      const [entry] = renderEntry({...entries[0], source: 'tako', level: undefined, text: `${what} ×${count}`});
      return entry ?? '';
    },
  };
}

const isOwn = ({source}: LogEntry): boolean => source !== 'stdout' && source !== 'stderr';

/** ◆ says that tako speaks. */
function linesOf(entry: LogEntry, style: Style): readonly Spans[] {
  const text = isOwn(entry) ? entry.text : logText(entry.text, style).replaceAll('◆', '◇');
  return parseSpans(text, style.depth).slice(0, MAX_ENTRY_LINES);
}

function rowsOf(line: Spans, wrap: LogView['wrap'], columns: number): readonly Spans[] {
  if (wrap === 'whole') return [line];
  return wrap === 'wrap' ? breakRows(line, columns) : [cutRow(line, columns)];
}

const marksOf = (line: Spans, search: string): Spans =>
  placesOf(line.map(({text}) => text).join(''), search)
    .slice(0, MAX_FOUND)
    .reduce(
      (spans, from) =>
        changeRange(spans, from, from + search.length, span => ({
          ...span,
          look: {...span.look, attributes: [...new Set([...span.look.attributes, INVERSE])].sort()},
        })),
      line,
    );

/** Of what is found in one line, so many are marked: a letter may be found ten thousand times. */
const MAX_FOUND = 200;

/** As a parameter of SGR. */
const INVERSE = 7;

/** Of what tako says, the first line is in the colour of its mark, the details below are not. */
function paintOwn({source}: LogEntry, place: number, row: string, style: Style): string {
  if (place > 0) return row;
  switch (source) {
    case 'tako':
      return style.dim(row);
    case 'warning':
      return style.yellow(row);
    case 'error':
      return style.red(row);
    default:
      return row;
  }
}
