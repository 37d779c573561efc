// A request as text: a line in the list, and all that is known of it.

import type {CapturedBody, ExchangeDetail, ExchangeSummary, ExchangeTiming, Fields} from '../../control/exchanges.js';
import {formatBytes, formatClock, formatCount, formatLatency} from '../format.js';
import {safeText} from '../safe-text.js';
import {NO_COLOURS, type Style} from '../style.js';
import {wrapLines} from '../text/wrap-lines.js';

/** Path and query; the whole where it is no URL. */
export const pathOf = (url: string): string => /^[a-z]+:\/\/[^/?#]*(?<path>[/?].*)?$/s.exec(url)?.groups?.path ?? '/';

const STATUS_COLUMNS = 4;
const METHOD_COLUMNS = 7;
const TIME_COLUMNS = 8;

/** `200 GET     12 ms  web /path?query`, the host's app where there are several. */
export function requestLine(exchange: ExchangeSummary, style: Style, head = ''): string {
  const {method, url, timing, upgrade, replayOf} = exchange;
  const notes = [...(upgrade === null ? [] : [upgrade]), ...(replayOf === null ? [] : [`again #${replayOf}`])];
  return oneLine(
    [
      paintStatus(exchange, style)(statusText(exchange).padEnd(STATUS_COLUMNS)),
      method.padEnd(METHOD_COLUMNS),
      style.dim(formatLatency(timing.totalMs).padStart(TIME_COLUMNS)),
      ` ${head}${pathOf(url)}`,
      notes.length > 0 ? style.dim(` (${notes.join(', ')})`) : '',
    ].join(' '),
    style,
  );
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
  wrapLines(detailLines(detail, style), columns, style);

function detailLines(detail: ExchangeDetail, style: Style): readonly string[] {
  const {request, response, frames, error, replayOf} = detail;
  return [
    style.bold(oneLine(`${detail.method} ${detail.url}`, style)),
    `${paintStatus(detail, style)(statusText(detail))} ${oneLine(response?.reason ?? '', style)}`.trimEnd(),
    style.dim(factsOf(detail).join(' · ')),
    ...(timesOf(detail.timing).length > 0 ? [style.dim(timesOf(detail.timing).join(' · '))] : []),
    ...(replayOf === null ? [] : [`sent again, first as #${replayOf}`]),
    ...(frames === null
      ? []
      : [`${formatCount(frames.fromClient)} messages from the client, ${formatCount(frames.toClient)} to it`]),
    ...(error === null ? [] : [style.red(oneLine(error, style))]),
    ...messageLines('Request', request.fields, request.body, style),
    ...(response ? messageLines('Response', response.fields, response.body, style) : []),
  ];
}

const factsOf = ({
  id,
  time,
  httpVersion,
  clientAddress,
  bytesReceived,
  bytesSent,
}: ExchangeDetail): readonly string[] => [
  `#${id}`,
  formatClock(time),
  `HTTP/${httpVersion}`,
  `from ${clientAddress}`,
  `${formatBytes(bytesReceived)} in`,
  `${formatBytes(bytesSent)} out`,
];

const timesOf = ({queueMs, coldStartMs, firstByteMs, totalMs}: ExchangeTiming): readonly string[] =>
  [
    ['waited', queueMs],
    ['started the app', coldStartMs],
    ['first byte', firstByteMs],
    ['all', totalMs],
  ].flatMap(([name, value]) => (Number(value) < SHOWN_MS ? [] : [`${name} ${formatLatency(Number(value))}`]));

/** What would be `0.00 ms`. */
const SHOWN_MS = 0.005;

const messageLines = (title: string, fields: Fields, body: CapturedBody | null, style: Style): readonly string[] => [
  '',
  style.bold(title),
  ...fields.map(([name, value]) => `${style.cyan(oneLine(name, style))}: ${oneLine(value, style)}`),
  ...(body === null ? [] : bodyLines(body, style)),
];

function bodyLines({encoding, data, bytes, isTruncated}: CapturedBody, style: Style): readonly string[] {
  if (bytes === 0) return [];
  if (encoding === 'base64') return ['', style.dim(`${formatBytes(bytes)}, not text`)];
  const text = safeText(isTruncated ? data : prettyJson(data), {isColour: false});
  return ['', ...text.split('\n'), ...(isTruncated ? [style.dim(`… of ${formatBytes(bytes)}`)] : [])];
}

/** JSON on several lines, anything else as it is. */
function prettyJson(text: string): string {
  if (!/^\s*[[{]/.test(text)) return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

const oneLine = (text: string, style: Style): string => safeText(text, style).replace(/[\n\t]+/g, ' ');
