// The log of an app on its page: what there is, and then what comes, at the speed of the page. It is read from the app's own
// buffer, so a page that does not keep up costs nothing; what it misses is counted and said.

import type {LogLine} from '../../control/events.js';
import type {LogBuffer} from '../../supervisor/log-buffer.js';
import {isAtLeast} from '../../supervisor/log-level.js';
import type {LivePart} from './change.js';
import {colouredText} from './coloured-text.js';
import {renderClock, renderCount} from './figures.js';
import {type Html, html} from './html.js';
import type {LogFilter} from './page-query.js';

/** Lines of a page that was just loaded, and those that an open one keeps. */
const SHOWN_LINES = 500;
const KEPT_LINES = 2_000;
/** As many as somebody can see go by: ten times a second a screen and a half. The others are counted. */
const LINES_AT_ONCE = 200;

export type LogPart = LivePart & {
  /** The id of the last line that was looked at. */
  readonly position: number;
};

type Source = Pick<LogBuffer, 'since' | 'last'>;

/** Goes on behind the line `after`. */
export function createLogPart(logs: () => Source, filter: LogFilter, after: number): LogPart {
  let position = after;
  let atOnce = KEPT_LINES;
  return {
    get position() {
      return position;
    },
    take() {
      const {lines} = logs().since(position);
      const [first] = lines;
      const last = lines.at(-1);
      if (first === undefined || last === undefined) return [];
      const wanted = lines.filter(line => isWanted(line, filter));
      const shown = wanted.slice(-atOnce);
      const skipped = (position === 0 ? 0 : first.id - position - 1) + wanted.length - shown.length;
      position = last.id;
      atOnce = LINES_AT_ONCE;
      if (shown.length === 0 && skipped === 0) return [];
      const markup = html`${skipped > 0 && renderSkipped(skipped, first.id)}${shown.map(renderLine)}`;
      return [{html: markup, into: {id: 'log', at: 'end', keep: KEPT_LINES}}];
    },
  };
}

/** What a page that is loaded now has of the log, and the id of the last line that was looked at. */
export function renderLog(logs: Source, filter: LogFilter): {readonly markup: Html; readonly position: number} {
  const lines = logs.last(KEPT_LINES);
  const wanted = lines.filter(line => isWanted(line, filter)).slice(-SHOWN_LINES);
  return {markup: html`${wanted.map(renderLine)}`, position: lines.at(-1)?.id ?? 0};
}

function isWanted({id, text, level}: LogLine, {text: wanted, level: least, since}: LogFilter): boolean {
  if (id <= since || (least !== undefined && !isAtLeast(level, least))) return false;
  return wanted === '' || text.toLowerCase().includes(wanted.toLowerCase());
}

const renderLine = ({id, time, stream, text, level}: LogLine): Html =>
  html`<p id="log-${id}" class="${['line', stream, level ?? []].flat().join(' ')}"><time>${renderClock(time)}</time> <span>${colouredText(text)}</span></p>`;

const renderSkipped = (count: number, before: number): Html =>
  html`<p id="skipped-${before}" class="line skipped">… ${renderCount(count)} lines skipped</p>`;
