import type {ExchangeQuery, ExchangeSummary} from '../../control/exchanges.js';
import {type Change, createShown, type LivePart} from './change.js';
import type {DashboardInspector} from './dashboard-parts.js';
import {renderBytes, renderClock, renderMs} from './figures.js';
import {type Html, html} from './html.js';

/** The newest, as many as are shown. */
const SHOWN_REQUESTS = 100;

/** New requests, and what becomes of those that are shown. Of more than are shown at once only the newest are told. */
export function createRequestsPart(inspector: Pick<DashboardInspector, 'list'>, query: ExchangeQuery): LivePart {
  const shown = createShown();
  return {
    take() {
      const exchanges = inspector.list(query, SHOWN_REQUESTS);
      const rows = exchanges.map(exchange => ({id: rowId(exchange), row: renderRow(exchange, query)}));
      const news = rows.filter(({id, row}) => shown.isNews(id, row)).map(({row}) => row);
      shown.keepOnly(new Set(rows.map(({id}) => id)));
      if (news.length === 0) return [];
      const change: Change = {html: html`${news}`, into: {id: 'requests', at: 'start', keep: SHOWN_REQUESTS}};
      return [change];
    },
  };
}

/** The requests as rows of a table, the newest first. */
export const renderRequests = (inspector: Pick<DashboardInspector, 'list'>, query: ExchangeQuery): readonly Html[] =>
  inspector
    .list(query, SHOWN_REQUESTS)
    .map(exchange => renderRow(exchange, query))
    .toReversed();

export const requestPath = (id: number): string => `/requests/${id}`;

const rowId = ({id}: ExchangeSummary): string => `request-${id}`;

function renderRow(exchange: ExchangeSummary, query: ExchangeQuery): Html {
  const {id, time, method, url, timing, bytesSent, replayOf, upgrade} = exchange;
  // Of one app the host is known.
  const shownUrl = query.app === undefined ? url.replace(/^https?:\/\//, '') : url.replace(/^https?:\/\/[^/]*/, '');
  const {totalMs, coldStartMs} = timing;
  return html`<tr id="${rowId(exchange)}">
<td class="when"><time>${renderClock(time)}</time></td>
<td class="method">${method}</td>
<td class="url"><a id="${rowId(exchange)}-link" href="${requestPath(id)}">${shownUrl}</a>${upgrade !== null && html` <small>${upgrade}</small>`}${replayOf !== null && html` <small>replay of ${replayOf}</small>`}${coldStartMs !== null && html` <small>cold start</small>`}</td>
<td class="status">${renderStatus(exchange)}</td>
<td class="took">${totalMs === null ? '…' : renderMs(totalMs)}</td>
<td class="size">${renderBytes(bytesSent)}</td>
</tr>`;
}

/** The status and how it ended, if not with an answer. */
export function renderStatus({status, outcome}: ExchangeSummary): Html {
  const ended = outcome === null ? 'under way' : outcome === 'answered' ? '' : OUTCOMES[outcome];
  const kind = outcome === 'cut-off' || outcome === 'client-gone' ? 's5' : `s${String(status ?? '0').slice(0, 1)}`;
  return html`<span class="${kind}">${status ?? '–'}</span>${ended !== '' && html` <small>${ended}</small>`}`;
}

const OUTCOMES = {'cut-off': 'cut off', 'client-gone': 'client left', tunnelled: 'tunnel closed'} as const;
