import type {GatewaySession} from '../../proxy/gateway-session.js';
import {readTemplate} from '../../proxy/template.js';
import {type Html, html} from './html.js';
import {renderDocument} from './layout.js';

/**
 * With every answer. Nothing of the page is kept, guessed at, framed, or given to another origin; it loads and asks its own
 * host only, and runs no script but its file. A form says where it was sent from only with a policy that tells its own host.
 */
const PROTECTION = {
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const;

export const EVENT_HEADERS = {...PROTECTION, 'content-type': 'text/event-stream; charset=utf-8'};

/** Answers with a page that may do things: `setCookie` goes with the token in its forms. */
export function sendPage(session: GatewaySession, page: Html, setCookie: string): void {
  session.respond(200, {...PROTECTION, 'content-type': 'text/html; charset=utf-8', 'set-cookie': setCookie}, page.text);
}

export function sendFile(session: GatewaySession, name: string, type: string): void {
  session.respond(200, {...PROTECTION, 'content-type': type}, readTemplate(`dashboard/${name}`));
}

/** 303: what follows is another page, to be fetched with GET. */
export function sendTo(session: GatewaySession, location: string): void {
  session.respond(303, {...PROTECTION, location});
}

/** What is wrong, as a page for a browser that goes to one, else as a line. */
export function sendProblem(session: GatewaySession, status: number, message: string, hint = ''): void {
  if (!/\btext\/html\b/i.test(session.request.fields.get('accept') ?? '')) {
    const text = `${[message, hint].filter(Boolean).join('; ')}\n`;
    session.respond(status, {...PROTECTION, 'content-type': 'text/plain; charset=utf-8'}, text);
    return;
  }
  const main = html`<h1>${message}</h1>
${hint !== '' && html`<p>${hint}</p>`}
<p><a href="/">All apps</a></p>`;
  const page = renderDocument({title: message, events: null, position: '', main});
  session.respond(status, {...PROTECTION, 'content-type': 'text/html; charset=utf-8'}, page.text);
}
