// All that is kept of one request, to be read: what was asked, what was answered, and where its time went.

import type {CapturedBody, ExchangeDetail, Fields} from '../control/exchanges.js';
import {formatBytes, formatCount, formatLatency} from './format.js';
import {cleanLine, paintStatus} from './request-line.js';
import {safeText} from './safe-text.js';
import type {Style} from './style.js';

export function renderRequestReport(exchange: ExchangeDetail, style: Style): string {
  const {request, response, error, frames} = exchange;
  const parts = [
    renderHeading(exchange, style),
    renderTiming(exchange, style),
    renderMessage('request', request, style),
    response === null ? '' : renderMessage('response', response, style),
    frames === null
      ? ''
      : `${formatCount(frames.fromClient)} frames from the client, ${formatCount(frames.toClient)} to it`,
    error === null ? '' : style.red(cleanLine(error)),
  ];
  return `${parts.filter(part => part !== '').join('\n\n')}\n`;
}

function renderHeading(exchange: ExchangeDetail, style: Style): string {
  const {id, method, url, response, replayOf, time, clientAddress, httpVersion, outcome, upgrade} = exchange;
  const answer = `${paintStatus(exchange, style)} ${cleanLine(response?.reason ?? '')}`.trimEnd();
  const remarks = [
    new Date(time).toLocaleString('sv-SE'),
    `HTTP/${httpVersion} from ${clientAddress}`,
    upgrade === null ? '' : cleanLine(upgrade),
    OUTCOMES[outcome ?? 'under-way'],
    replayOf === null ? '' : `replay of ${replayOf}`,
  ];
  return [
    `${style.bold(`${cleanLine(method)} ${cleanLine(url)}`)}  ${answer}`,
    style.dim(`request ${id}: ${remarks.filter(remark => remark !== '').join(', ')}`),
  ].join('\n');
}

const OUTCOMES = {
  answered: '',
  tunnelled: 'over',
  'cut-off': 'the answer broke off',
  'client-gone': 'the client left',
  'under-way': 'under way',
} as const;

const BAR_WIDTH = 30;

/** One bar per stretch of time, each beginning where the one before ends. */
function renderTiming({timing}: ExchangeDetail, style: Style): string {
  const {queueMs, coldStartMs, firstByteMs, totalMs} = timing;
  if (totalMs === null) return '';
  const known = (queueMs ?? 0) + (coldStartMs ?? 0) + (firstByteMs ?? 0);
  const stretches = [
    ['cold start', coldStartMs],
    ['queue', queueMs],
    ['first byte', firstByteMs],
    ['rest', firstByteMs === null ? null : Math.max(0, totalMs - known)],
  ] as const;
  let passedMs = 0;
  const lines = stretches.flatMap(([name, ms]) => {
    if (ms === null) return [];
    const bar = renderBar(passedMs, ms, totalMs);
    passedMs += ms;
    return [`  ${name.padEnd(10)}  ${formatLatency(ms).padStart(8)}  ${style.cyan(bar)}`.trimEnd()];
  });
  return [...lines, `  ${style.bold('total'.padEnd(10))}  ${formatLatency(totalMs).padStart(8)}`].join('\n');
}

/** At least one character wide, so that everything that took time is seen. */
function renderBar(startMs: number, ms: number, totalMs: number): string {
  const scale = totalMs === 0 ? 0 : BAR_WIDTH / totalMs;
  const start = Math.min(BAR_WIDTH - 1, Math.floor(startMs * scale));
  const length = Math.max(1, Math.min(BAR_WIDTH - start, Math.round(ms * scale)));
  return ' '.repeat(start) + '━'.repeat(length);
}

type Message = {readonly fields: Fields; readonly body: CapturedBody | null};

function renderMessage(title: string, {fields, body}: Message, style: Style): string {
  const lines = fields.map(([name, value]) => `  ${style.dim(`${cleanLine(name)}:`)} ${cleanLine(value)}`);
  const contentType = fields.find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? '';
  const parts = [style.bold(title), ...lines];
  if (body !== null) parts.push('', ...renderBody(body, contentType, style));
  return parts.join('\n');
}

function renderBody({encoding, data, bytes, isTruncated}: CapturedBody, contentType: string, style: Style): string[] {
  if (encoding === 'base64') return [style.dim(`  ${formatBytes(bytes)} that are no text`)];
  const lines = safeText(/[/+]json\b/i.test(contentType) ? prettyJson(data) : data, {isColour: false})
    .trimEnd()
    .split('\n')
    .map(line => `  ${line}`);
  const rest = isTruncated ? [style.dim(`  … this is the beginning; it had ${formatBytes(bytes)} in all`)] : [];
  return [...lines, ...rest];
}

function prettyJson(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
