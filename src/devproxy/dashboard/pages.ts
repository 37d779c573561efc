// The three pages: all apps, one app, one request.

import type {AppStatus} from '../../control/events.js';
import type {ExchangeDetail} from '../../control/exchanges.js';
import type {LogBuffer} from '../../supervisor/log-buffer.js';
import {appPath, renderApp, renderUrl} from './app-parts.js';
import {outlineOf} from './apps-part.js';
import type {DashboardInspector} from './dashboard-parts.js';
import {renderExchange} from './exchange-part.js';
import {type Html, html, type Piece} from './html.js';
import {renderDocument} from './layout.js';
import {renderLog} from './log-part.js';
import {type PageQuery, renderPageQuery, toExchangeQuery} from './page-query.js';
import {renderReplay} from './replay-form.js';
import {renderRequests, requestPath} from './requests-part.js';

/** What every page needs beside what it shows. */
export type PageContext = {
  readonly inspector: Pick<DashboardInspector, 'list'>;
  readonly query: PageQuery;
  /** Stands in every form. */
  readonly token: string;
  /** Names the daemon: what another one tells does not fit to this page. */
  readonly daemon: string;
};

export function renderAppsPage(apps: readonly AppStatus[], context: PageContext): Html {
  const {query, token, daemon, inspector} = context;
  const items = apps.map(
    app => html`<li>${renderApp(app, token, html`<h2><a href="${appPath(app.name)}">${app.name}</a></h2>`)}</li>`,
  );
  return renderDocument({
    title: 'tako',
    events: `/events${renderPageQuery(query, {outline: outlineOf(apps)})}`,
    position: renderPosition(daemon, 0),
    main: html`<h1>Apps</h1>
${apps.length === 0 ? html`<p>There are none. <code>tako dev</code> in the folder of one brings it here.</p>` : html`<ul class="apps">${items}</ul>`}
${FILTER_FORM}
${renderRequestsSection(query, renderRequests(inspector, toExchangeQuery(query.requests, undefined)))}`,
  });
}

export function renderAppPage(app: AppStatus, logs: LogBuffer, context: PageContext): Html {
  const {query, token, daemon, inspector} = context;
  const log = renderLog(logs, query.log);
  return renderDocument({
    title: `${app.name} · tako`,
    events: `${appPath(app.name)}/events${renderPageQuery(query, {outline: outlineOf([app])})}`,
    position: renderPosition(daemon, log.position),
    main: html`<nav aria-label="Breadcrumb"><a href="/">All apps</a></nav>
${renderApp(app, token, html`<h1>${app.name}</h1>`)}
${renderAliases(app)}
${FILTER_FORM}
<section aria-labelledby="log-title">
<div class="bar"><h2 id="log-title">Log</h2>
<label>Only lines with <input type="search" name="log" form="filters" value="${query.log.text}"></label>
<label>Level <select name="level" form="filters">${LEVELS.map(({value, name}) => html`<option value="${value}"${value === (query.log.level ?? '') && html` selected`}>${name}</option>`)}</select></label>
<button form="filters" data-submit>Filter</button>
<button type="button" id="pause" aria-pressed="false" hidden>Pause</button>
<a id="clear" href="${appPath(app.name)}${renderPageQuery({...query, log: {...query.log, since: log.position}})}">Clear</a>
${query.log.since > 0 && html`<a href="${appPath(app.name)}${renderPageQuery({...query, log: {...query.log, since: 0}})}">Show all</a>`}
</div>
<div id="log" class="log" role="region" aria-label="Log of ${app.name}" tabindex="0" data-pane>${log.markup}</div>
</section>
${renderRequestsSection(query, renderRequests(inspector, toExchangeQuery(query.requests, app.name)))}
<p class="note">In ${app.directory}: <code>${app.command.join(' ')}</code></p>`,
  });
}

function renderAliases({urls: [, ...aliases]}: AppStatus): Html {
  const links = aliases.map((url, index) => html`${index > 0 && ', '}${renderUrl(url)}`);
  return html`${links.length > 0 && html`<p class="note">Also at ${links}</p>`}`;
}

export function renderExchangePage(exchange: ExchangeDetail, {token, daemon}: PageContext): Html {
  const {id, app, method, url} = exchange;
  return renderDocument({
    title: `${method} ${url} · tako`,
    events: `${requestPath(id)}/events`,
    position: renderPosition(daemon, 0),
    main: html`<nav aria-label="Breadcrumb"><a href="/">All apps</a> / <a href="${appPath(app)}">${app}</a></nav>
<h1 class="request-line">${method} ${url}</h1>
${renderReplay(exchange, token)}
${renderExchange(exchange)}`,
  });
}

/** What a page has: of which daemon, and the log up to which line. */
export const renderPosition = (daemon: string, logId: number): string => `${daemon}.${logId}`;

/** One form for every filter of a page, wherever their fields stand: each keeps what the others say. */
const FILTER_FORM = html`<form id="filters" method="get"></form>`;

function renderRequestsSection({requests, log}: PageQuery, rows: Piece): Html {
  const {status, method, url} = requests;
  return html`<section aria-labelledby="requests-title">
<div class="bar"><h2 id="requests-title">Requests</h2>
<label>Status <input name="status" form="filters" value="${status}" size="4" list="statuses" placeholder="5xx"></label>
<label>Method <input name="method" form="filters" value="${method}" size="7" list="methods"></label>
<label>URL with <input type="search" name="url" form="filters" value="${url}"></label>
<button form="filters" data-submit>Filter</button>
${log.since > 0 && html`<input type="hidden" name="since" form="filters" value="${log.since}">`}
<datalist id="statuses">${STATUSES.map(value => html`<option value="${value}">`)}</datalist>
<datalist id="methods">${METHODS.map(value => html`<option value="${value}">`)}</datalist>
</div>
<table class="requests">
<caption class="unseen">Requests, the newest first</caption>
<thead><tr><th scope="col" class="when">Time</th><th scope="col">Method</th><th scope="col">URL</th><th scope="col">Status</th><th scope="col" class="took">Took</th><th scope="col" class="size">Size</th></tr></thead>
<tbody id="requests" data-pane>${rows}</tbody>
</table>
</section>`;
}

const LEVELS = [
  {value: '', name: 'all'},
  {value: 'info', name: 'info and up'},
  {value: 'warning', name: 'warnings and up'},
  {value: 'error', name: 'errors'},
] as const;
const STATUSES = ['2xx', '3xx', '4xx', '5xx'] as const;
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
