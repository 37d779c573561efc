// A request as rows of the screen: a line in the list, and all that is known of it.

import type {ExchangeDetail, ExchangeSummary} from '../../control/exchanges.js';
import {formatLatency} from '../format.js';
import {cleanLine, remarksOn} from '../request-line.js';
import {renderRequestReport} from '../request-report.js';
import {NO_COLOURS, type Style} from '../style.js';
import {wrapLines} from '../text/wrap-lines.js';

/** Path and query; the whole where it is no URL. */
export const pathOf = (url: string): string => /^[a-z]+:\/\/[^/?#]*(?<path>[/?].*)?$/s.exec(url)?.groups?.path ?? '/';

const STATUS_COLUMNS = 4;
const METHOD_COLUMNS = 7;
const TIME_COLUMNS = 8;

/** `200 GET     12 ms  web /path?query`, the host's app where there are several. */
export function requestLine(exchange: ExchangeSummary, style: Style, head = ''): string {
  const {method, url, timing} = exchange;
  const remarks = remarksOn(exchange);
  return [
    paintStatus(exchange, style)(statusText(exchange).padEnd(STATUS_COLUMNS)),
    cleanLine(method).padEnd(METHOD_COLUMNS),
    style.dim(formatLatency(timing.totalMs).padStart(TIME_COLUMNS)),
    ` ${head}${cleanLine(pathOf(url))}`,
    ...(remarks.length > 0 ? [style.dim(` (${remarks.join(', ')})`)] : []),
  ].join(' ');
}

/** What came of it in a word: `200`, `…` while it is under way, `cut` and `gone` where the answer did not arrive. */
export function statusText({status, outcome}: ExchangeSummary): string {
  if (outcome === 'cut-off') return 'cut';
  if (outcome === 'client-gone') return 'gone';
  return status === null ? '…' : String(status);
}

function paintStatus({status, outcome}: ExchangeSummary, style: Style): (text: string) => string {
  if (outcome === 'cut-off' || (status ?? 0) >= 500) return style.red;
  if (outcome === 'client-gone' || (status ?? 0) >= 400) return style.yellow;
  return status === null ? style.dim : style.green;
}

/** In front of each row of the details. */
export const DETAIL_INDENT = 2;

/** All that is kept of it, as rows of at most so many columns. */
export const requestDetail = (detail: ExchangeDetail, columns: number, style: Style = NO_COLOURS): readonly string[] =>
  wrapLines(renderRequestReport(detail, style).trimEnd().split('\n'), columns, style);
