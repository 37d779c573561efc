import type {ExchangeSummary} from '../control/exchanges.js';
import {formatClock, formatLatency} from './format.js';
import {safeText} from './safe-text.js';
import type {Style} from './style.js';

/** One request in a list: `14:03:59    12  200  GET     8.3 ms  https://web.test/path`. */
export function renderRequestLine(exchange: ExchangeSummary, style: Style): string {
  const {id, time, method, url, timing} = exchange;
  const columns = [
    style.dim(formatClock(time)),
    style.dim(String(id).padStart(5)),
    paintStatus(exchange, style),
    cleanLine(method).padEnd(6),
    formatLatency(timing.totalMs).padStart(8),
    cleanLine(url),
    ...remarksOn(exchange).map(style.dim),
  ];
  return columns.join('  ');
}

/** What is worth knowing of a request beside its columns. */
function remarksOn({timing, upgrade, outcome, replayOf}: ExchangeSummary): string[] {
  return [
    timing.coldStartMs === null ? '' : `started the app in ${formatLatency(timing.coldStartMs)}`,
    upgrade === null ? '' : cleanLine(upgrade),
    outcome === 'cut-off' ? 'the answer broke off' : '',
    outcome === 'client-gone' ? 'the client left' : '',
    replayOf === null ? '' : `replay of ${replayOf}`,
  ].filter(remark => remark !== '');
}

/** Green, yellow and red as the answer is good, the client's mistake, or the server's. */
export function paintStatus({status}: Pick<ExchangeSummary, 'status'>, style: Style): string {
  if (status === null) return style.dim('...');
  const text = String(status);
  if (status >= 500) return style.red(text);
  return status >= 400 ? style.yellow(text) : status >= 300 ? style.cyan(text) : style.green(text);
}

/** Text of a request, which may say what it likes, in one line. */
export const cleanLine = (text: string): string => safeText(text, {isColour: false}).replace(/\s/g, ' ');
