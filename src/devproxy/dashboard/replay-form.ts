// Sending a request again, as it was or changed.

import type {ExchangeDetail, ReplayEdit} from '../../control/exchanges.js';
import {type Html, html} from './html.js';
import {renderAction} from './layout.js';
import {requestPath} from './requests-part.js';

export function renderReplay(exchange: ExchangeDetail, token: string): Html {
  const obstacle = findObstacle(exchange);
  if (obstacle !== undefined) return html`<p class="note">${obstacle}</p>`;
  const path = `${requestPath(exchange.id)}/replay`;
  return html`<section class="replay">
<h2 class="unseen">Replay</h2>
${renderAction(path, token, {label: 'Replay', isQuiet: false})}
<details><summary>Change it first</summary>
${renderAction(path, token, {label: 'Replay the changed request', isQuiet: false, more: renderInputs(exchange)})}
</details>
</section>`;
}

/** Why the inspector would refuse it. */
function findObstacle({upgrade, request}: ExchangeDetail): string | undefined {
  if (upgrade !== null) return `A request for ${upgrade} cannot be sent again from here.`;
  return request.body?.isTruncated ? 'It cannot be sent again: only the beginning of its body is kept.' : undefined;
}

function renderInputs(exchange: ExchangeDetail): Html {
  const body = editableBody(exchange);
  // The parser takes away one line end behind the tag.
  return html`<label>Method <input name="method" value="${exchange.method}" required></label>
<label>Path <input name="target" value="${targetOf(exchange)}" required></label>
${
  body === undefined
    ? html`<p class="note">The body is no text, and is sent as it was.</p>`
    : html`<label>Body <textarea name="body" rows="8" spellcheck="false">
${body}</textarea></label>`
}`;
}

/** What a form that `renderReplay` made changes of the request; what it leaves as it is stays out. */
export function readReplayEdit(form: URLSearchParams, exchange: ExchangeDetail): ReplayEdit {
  const before = editableBody(exchange);
  const method = form.get('method')?.trim();
  const target = form.get('target')?.trim();
  const body = form.get('body');
  // Forms send every line end as CRLF, whatever it was: HTML Standard, section 4.10.22.8.
  const text = body?.replaceAll('\r\n', '\n');
  const isChanged = text !== undefined && before !== undefined && text !== before.replaceAll('\r\n', '\n');
  return {
    ...(method && method !== exchange.method ? {method} : {}),
    ...(target && target !== targetOf(exchange) ? {target} : {}),
    ...(isChanged ? {body: {encoding: 'utf8', data: before.includes('\r\n') ? (body ?? '') : text}} : {}),
  };
}

/** Undefined where the body is not all there as text. */
function editableBody({request: {body}}: ExchangeDetail): string | undefined {
  if (body === null) return '';
  return body.encoding === 'utf8' && !body.isTruncated ? body.data : undefined;
}

const targetOf = ({url}: ExchangeDetail): string => url.replace(/^https?:\/\/[^/]*/, '') || '/';
