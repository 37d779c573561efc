// One request with all that is kept of it.

import type {CapturedBody, ExchangeDetail, ExchangeTiming, Fields} from '../../control/exchanges.js';
import {appPath} from './app-parts.js';
import {createShown, type LivePart} from './change.js';
import {renderBytes, renderCount, renderMs} from './figures.js';
import {type Html, html} from './html.js';
import {renderStatus, requestPath} from './requests-part.js';

/** What becomes of a request that is under way. */
export function createExchangePart(find: () => ExchangeDetail | undefined): LivePart {
  const shown = createShown();
  return {
    take() {
      const exchange = find();
      if (exchange === undefined) return [];
      const markup = renderExchange(exchange);
      return shown.isNews('exchange', markup) ? [{html: markup}] : [];
    },
  };
}

export function renderExchange(exchange: ExchangeDetail): Html {
  const {request, response, frames, error, timing} = exchange;
  return html`<div id="exchange">
<p class="outcome">${renderStatus(exchange)} ${response?.reason} ${error !== null && html`<span class="bad">${error}</span>`}</p>
${renderTiming(timing)}
${renderFacts(exchange)}
${frames !== null && html`<p>WebSocket frames: ${renderCount(frames.fromClient)} from the client, ${renderCount(frames.toClient)} to it.</p>`}
${renderMessage('Request', request.fields, request.body)}
${response && renderMessage('Answer', response.fields, response.body)}
</div>`;
}

function renderFacts(exchange: ExchangeDetail): Html {
  const {app, time, httpVersion, clientAddress, bytesReceived, bytesSent, contentType, replayOf} = exchange;
  const facts: readonly (readonly [name: string, value: Html])[] = [
    ['App', html`<a id="exchange-app" href="${appPath(app)}">${app}</a>`],
    ['Time', html`${new Date(time).toLocaleString('sv')}`],
    ['Client', html`${clientAddress}, HTTP/${httpVersion}`],
    ['Received', html`${renderBytes(bytesReceived)}`],
    ['Sent', html`${renderBytes(bytesSent)}${contentType !== null && html`, ${contentType}`}`],
    ...(replayOf === null
      ? []
      : [
          [
            'Replay of',
            html`<a id="exchange-original" href="${requestPath(replayOf)}">request ${replayOf}</a>`,
          ] as const,
        ]),
  ];
  return html`<dl class="figures">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

type Segment = {readonly kind: string; readonly name: string; readonly ms: number};

function renderTiming(timing: ExchangeTiming): Html {
  const segments = segmentsOf(timing);
  const totalMs = Math.max(...[timing.totalMs ?? 0, segments.reduce((sum, {ms}) => sum + ms, 0)]);
  let start = 0;
  const rects = segments.map(({kind, ms}) => {
    const width = totalMs === 0 ? 0 : (ms / totalMs) * 100;
    const rect = html`<rect class="${kind}" x="${start.toFixed(2)}%" width="${width.toFixed(2)}%" height="100%"></rect>`;
    start += width;
    return rect;
  });
  const legend = segments.map(
    ({kind, name, ms}) => html`<div class="${kind}"><dt>${name}</dt><dd>${renderMs(ms)}</dd></div>`,
  );
  const total = timing.totalMs === null ? 'under way' : renderMs(timing.totalMs);
  return html`<svg class="timing" aria-hidden="true" focusable="false">${rects}</svg>
<dl class="figures legend">${legend}<div><dt>Total</dt><dd>${total}</dd></div></dl>`;
}

/** Where the time went, as far as it is known; what is left is that of the body. */
function segmentsOf({queueMs, coldStartMs, firstByteMs, totalMs}: ExchangeTiming): readonly Segment[] {
  const known: readonly (readonly [kind: string, name: string, ms: number | null])[] = [
    ['queue', 'Waiting', queueMs],
    ['cold-start', 'Cold start', coldStartMs],
    ['first-byte', 'First byte', firstByteMs],
  ];
  const segments = known.flatMap(([kind, name, ms]) => (ms === null ? [] : [{kind, name, ms}]));
  if (totalMs === null) return segments;
  const rest = totalMs - segments.reduce((sum, {ms}) => sum + ms, 0);
  return [...segments, {kind: 'rest', name: 'Rest', ms: Math.max(0, rest)}];
}

const renderMessage = (title: string, fields: Fields, body: CapturedBody | null): Html => html`<section>
<h2>${title}</h2>
<table class="fields"><caption class="unseen">${title} headers</caption>
<thead class="unseen"><tr><th scope="col">Name</th><th scope="col">Value</th></tr></thead>
<tbody>${fields.map(([name, value]) => html`<tr><th scope="row">${name}</th><td>${value}</td></tr>`)}</tbody>
</table>
${body !== null && renderBody(title, body)}
</section>`;

function renderBody(title: string, body: CapturedBody): Html {
  const {encoding, data, bytes, isTruncated} = body;
  if (encoding === 'base64') return html`<p class="note">A body of ${renderBytes(bytes)} that is not text.</p>`;
  return html`<pre id="body-${title}" tabindex="0" aria-label="${title} body">${isTruncated ? data : asReadable(data)}</pre>
${isTruncated && html`<p class="note">The beginning of ${renderBytes(bytes)}.</p>`}`;
}

/** JSON in lines; all else as it is. */
function asReadable(text: string): string {
  if (!/^\s*[[{]/.test(text)) return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
