// What the page shows of an app. Parts that change have an id and nothing in them that could be focused, so that they can be
// replaced under somebody's hands.

import type {AppStatus, Problem} from '../../control/events.js';
import {renderBytes, renderClock, renderCount, renderMs} from './figures.js';
import {type Html, html, type Piece} from './html.js';
import {renderAction} from './layout.js';

export const appPath = (name: string): string => `/apps/${encodeURIComponent(name)}`;

/** An app with its address and what can be done with it; `heading` is its name as a heading of the right level. */
export function renderApp(app: AppStatus, token: string, heading: Html): Html {
  const [state, ...others] = liveParts(app).map(({markup}) => markup);
  return html`<div class="app-head">
${heading}
${state}
<span class="address">${renderUrl(app.url)}</span>
<div class="actions">${renderActions(app, token)}</div>
</div>
${others}`;
}

/** A link to where an app is served. A pattern such as `*.shop.test` is no address, and nothing else of the web is one of an app. */
export const renderUrl = (url: string): Html =>
  /^https:\/\/[^*]*$/.test(url)
    ? html`<a href="${url}" target="_blank" rel="noopener noreferrer">${url}</a>`
    : html`${url}`;

/** One element, with its id. */
export type AppPart = {readonly id: string; readonly markup: Html};

/** The parts that change: first the state, then the figures and what is wrong. */
export const liveParts = (app: AppStatus): readonly AppPart[] => [
  livePart(app, 'state', (id, {state, exit}) => {
    const word = state === 'exited' && exit?.code !== 0 ? 'crashed' : state;
    return html`<span id="${id}" class="state ${word}">${STATE_WORDS[word]}</span>`;
  }),
  livePart(
    app,
    'figures',
    (id, status) => html`<dl id="${id}" class="figures">${figuresOf(status).map(renderFigure)}</dl>`,
  ),
  livePart(app, 'problem', (id, {problem}) => html`<div id="${id}">${problem && renderProblem(problem)}</div>`),
];

function livePart(app: AppStatus, part: string, render: (id: string, app: AppStatus) => Html): AppPart {
  const id = `app-${app.name}-${part}`;
  return {id, markup: render(id, app)};
}

const STATE_WORDS: Readonly<Record<AppStatus['state'] | 'crashed', string>> = {
  stopped: 'stopped',
  starting: 'starting',
  ready: 'ready',
  restarting: 'restarting',
  draining: 'stopping',
  'backing-off': 'crashed, starts again',
  exited: 'exited',
  crashed: 'crashed',
};

type Figure = {readonly name: string; readonly value: Piece; readonly isBad?: boolean};

function figuresOf({traffic, restarts, memoryBytes, pid, startedAt}: AppStatus): readonly Figure[] {
  const {requestsPerSecond, p95Ms, errors, requests} = traffic;
  return [
    {name: 'Requests', value: renderCount(requests)},
    {name: 'Per second', value: requestsPerSecond.toFixed(1)},
    {name: 'p95', value: p95Ms === null ? '–' : renderMs(p95Ms)},
    {name: 'Errors', value: renderCount(errors), isBad: errors > 0},
    {name: 'Memory', value: memoryBytes === null ? '–' : renderBytes(memoryBytes)},
    {name: 'Restarts', value: renderCount(restarts)},
    {
      name: 'Running since',
      value: startedAt === null ? '–' : `${renderClock(startedAt)}${pid === null ? '' : ` (pid ${pid})`}`,
    },
  ];
}

const renderFigure = ({name, value, isBad = false}: Figure): Html =>
  html`<div><dt>${name}</dt><dd${isBad && html` class="bad"`}>${value}</dd></div>`;

const renderProblem = ({code, message, hint, details}: Problem): Html => html`<div class="problem">
<p><strong>${message}</strong> <code>${code}</code></p>
${hint !== null && html`<p>${hint}</p>`}
${details.length > 0 && html`<pre tabindex="0" aria-label="What ${code} is about">${details.join('\n')}</pre>`}
</div>`;

function renderActions({name}: AppStatus, token: string): Html {
  const path = appPath(name);
  return html`${renderAction(`${path}/restart`, token, {label: html`Restart<span class="unseen"> ${name}</span>`, isQuiet: true})}
<details class="stop"><summary>Stop…<span class="unseen"> ${name}</span></summary>
<div class="sheet"><p>Ends it and forgets it, as <code>tako stop ${name}</code> does. <code>tako dev</code> in its folder brings it back.</p>
${renderAction(`${path}/stop`, token, {label: html`Stop ${name}`, isQuiet: false})}</div></details>`;
}
